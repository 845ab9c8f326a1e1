// The boot loader's tools and what they keep, when they fail. Programs of a few lines stand in for the tools, in the mounts of the board alone.
import { expect } from "bun:test";
import { readFile, writeFile } from "node:fs/promises";
import { worked } from "../kit/steps.ts";
import { Failures, type Story } from "./failures.ts";

const failures = new Failures("boot environment");
const story = failures.story.bind(failures);
const tools = { set: "/usr/bin/fw_setenv", print: "/usr/bin/fw_printenv" } as const;
/** The real one, where a program in its place needs it; it goes by its own name. */
const real = "/run/real/fw_setenv";

async function replaced(s: Story, path: string, script: string | undefined, tell: () => Promise<void>): Promise<void> {
  const { board } = s.host;
  worked(await board.run(["sh", "-c", `mkdir -p /run/real && cp ${tools.set} ${real}`]));
  const fake = "/run/fake";
  if (script !== undefined) await board.write(fake, `#!/bin/sh\n${script}\n`);
  // What is no program is a tool that is not there.
  worked(
    await board.run(
      script === undefined
        ? ["mount", "--bind", "/dev/null", path]
        : ["sh", "-c", `chmod +x ${fake} && mount --bind ${fake} ${path}`],
    ),
  );
  await tell();
  worked(await board.run(["umount", path]));
}

/** Whatever a tool has left half done, the board starts what it started before. */
async function startsTheSame(s: Story): Promise<void> {
  worked((await s.host.reboot()).hook);
  expect((await s.host.hostctl("system", "status")).stdout.split("\n")[0]).toBe("normal");
  worked(await s.host.board.run(["sh", "-c", "[ $(cat /boot/kernel) = release-1 ]"]));
}

for (const [what, path] of [
  ["reads", tools.print],
  ["writes", tools.set],
] as const) {
  story(`the tool that ${what} the environment is missing`, {}, async (s) => {
    await replaced(s, path, undefined, () => s.fails({ exit: 1 }));
    await s.goesOn();
  });
}

story("the tool that reads the environment fails, and makes one up", {}, async (s) => {
  const words = "Cannot read environment, using default";
  await replaced(s, tools.print, "echo 'Permission denied' >&2; exit 243", () => s.fails({ exit: 1 }));
  await replaced(s, tools.print, `echo '${words}' >&2; echo upgrade_available=0`, () => s.fails({ exit: 1 }));
  await s.goesOn();
});

story("the tool that writes the environment fails before it has changed anything", {}, async (s) => {
  const script = "cat >/dev/null; echo 'Cannot open the device' >&2; exit 1";
  await replaced(s, tools.set, script, () => s.fails({ exit: 1, inactive: "unknown" }));
  await startsTheSame(s);
  await s.goesOn();
});

story("the tool that writes the environment ends well and changes nothing", {}, async (s) => {
  await replaced(s, tools.set, "cat >/dev/null", () => s.fails({ exit: 1, inactive: "unknown" }));
  await startsTheSame(s);
  await s.goesOn();
});

for (const [what, lines] of [
  ["the first variable", "head -1"],
  ["where to boot and not that it is a trial", "head -2"],
] as const) {
  story(`the tool that writes the environment fails when it has written ${what}`, {}, async (s) => {
    const script = `${lines} | ${real} "$@"; echo 'Input/output error' >&2; exit 1`;
    await replaced(s, tools.set, script, () => s.fails({ exit: 1, inactive: "unknown", environment: "looked at" }));
    await startsTheSame(s);
    await s.goesOn();
  });
}

story("the tool that writes the environment is killed once it has written all of it", {}, async (s) => {
  // The first call: what it wrote counts, whatever it says; there is nothing to undo.
  await replaced(s, tools.set, `${real} "$@"; kill -KILL $$`, async () => {
    const { exitCode, stdout } = await s.upgrade();
    s.said.push(`exit ${exitCode}: ${stdout.trimEnd()}`);
    expect(exitCode).toBe(0);
    worked(await s.host.hostctl("system", "rollback"));
  });
  await s.goesOn();
});

story("the tool that writes the environment never ends", {}, async (s) => {
  await replaced(s, tools.set, "exec sleep 1000", () => s.fails({ exit: 1, inactive: "unknown" }));
  await startsTheSame(s);
  await s.goesOn();
});

story("both copies of the environment are damaged", {}, async (s) => {
  const device = s.host.board.device("env");
  const whole = await readFile(device);
  await writeFile(device, Buffer.alloc(0x8000, 0xa5), { flag: "r+" });
  await s.fails({ exit: 1 });
  await writeFile(device, whole.subarray(0, 0x8000), { flag: "r+" });
  await s.goesOn();
});

story("an environment without a way back", {}, async (s) => {
  const { board } = s.host;
  for (const [name, value] of [
    ["bootlimit", "0"],
    ["altbootcmd", ""],
    ["mender_boot_part", "7"],
  ] as const) {
    const before = await board.variables();
    await board.set({ [name]: value });
    await s.fails({ exit: 1 });
    await board.set({ [name]: before[name] ?? "" });
  }
  await s.goesOn();
});
failures.complete();
