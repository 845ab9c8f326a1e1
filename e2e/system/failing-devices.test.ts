// A partition, a disk or a file that cannot do what it should.
import { constants } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { expect } from "bun:test";
import { faultyFileSystem, withFaultyDevice } from "../kit/faulty-file.ts";
import type { Faults } from "../kit/faulty-file.ts";
import { needsFuse } from "../kit/hanging-file-system.ts";
import { needsTools } from "../kit/requirements.ts";
import { must } from "../kit/run.ts";
import { worked } from "../kit/steps.ts";
import { until as happened } from "../kit/until.ts";
import { Failures, type Story, files, large, slotBytes } from "./failures.ts";

const failures = new Failures("devices");
const story = failures.story.bind(failures);
const fuse = [needsFuse(), needsTools("python3")];

story(
  "an image that is larger than the partition, as an artifact and as it is",
  { files: { [files.large]: large() } },
  async (s) => {
    const raw = "/data/large.img";
    worked(await s.host.board.run(["sh", "-c", `head -c ${slotBytes + 1} /dev/zero >${raw}`]));
    await s.fails({ exit: 7 }, () => s.upgrade(files.large));
    await s.fails({ exit: 7 }, () => s.upgrade(raw));
    await s.fails({ exit: 7, inactive: "unknown" }, () =>
      s.host.hostctlWith({ stdin: new Uint8Array(slotBytes + 1) }, "system", "upgrade", "-"),
    );
    await s.goesOn();
  },
);

story("a slot whose device is not there", {}, async (s) => {
  const { host } = s;
  const link = "/dev/disk/by-partlabel/root-b";
  worked(await host.board.run(["mv", link, "/run/b"]));
  await s.fails({ exit: 1 });
  await host.restart({ upgrade: { boot_parts: "[2, 3]" } });
  await s.fails({ exit: 1 });
  worked(await host.board.run(["mv", "/run/b", link]));
  await s.goesOn();
});

story("a slot that is mounted, is held by another program, or is read-only", {}, async (s) => {
  const { board } = s.host;
  const device = board.device("b");
  worked(await board.run(["mkfs.ext4", "-q", device]));
  worked(await board.run(["mount", device, "/mnt"]));
  await s.fails({ exit: 1 });
  worked(await board.run(["umount", "/mnt"]));
  const holder = await open(device, constants.O_RDONLY | constants.O_EXCL);
  await s.fails({ exit: 1 });
  await holder.close();
  await must(["blockdev", "--setro", device]);
  await s.fails({ exit: 1 });
  await must(["blockdev", "--setrw", device]);
  await s.goesOn();
});

/** Slot b becomes a device that fails; then it is the partition again. */
async function onFaultyDevice(
  s: Story,
  faults: Faults,
  tell: (pull: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const { host } = s;
  await withFaultyDevice({ bytes: slotBytes, faults }, async ({ path, pull }) => {
    const [major = "", minor = ""] = (await readFile(`/sys/class/block/${path.slice("/dev/".length)}/dev`, "utf8"))
      .trim()
      .split(":");
    worked(await host.board.run(["sh", "-c", `rm -f /dev/faulty; mknod /dev/faulty b ${major} ${minor}`]));
    const slots = '["/dev/disk/by-partlabel/root-a", "/dev/faulty"]';
    await host.restart({ upgrade: { slots, boot_parts: "[2, 3]" } });
    await tell(pull);
    await host.restart({});
  });
}

story("a slot that cannot be written, and one that cannot be read back", { unless: fuse }, async (s) => {
  await onFaultyDevice(s, { writeError: 2 * 1024 * 1024 }, () => s.fails({ exit: 1 }));
  await onFaultyDevice(s, { readError: 2 * 1024 * 1024 }, () => s.fails({ exit: 1 }));
  await s.goesOn();
});

story("a slot whose device goes while it is written", { unless: fuse }, async (s) => {
  await onFaultyDevice(s, {}, (pull) =>
    s.fails({ exit: 1 }, async () => {
      const command = `(head -c 2000000 ${files.image}; until [ -e /run/pulled ]; do sleep 0.01; done; tail -c +2000001 ${files.image}) | hostctl system upgrade - 2>/run/words`;
      const running = s.host.board.run(["sh", "-c", command]);
      await happened("some of it was written", async () => (await images(s)) === 0);
      await pull();
      await s.host.board.write("/run/pulled", "");
      return await running;
    }),
  );
  await s.goesOn();
});

/** How many images the record knows in slot b: none as soon as it is being written. */
async function images({ host }: Story): Promise<number> {
  const { operation } = JSON.parse((await host.hostctl("system", "status", "--json")).stdout) as { operation?: string };
  if (operation === undefined) return -1;
  const { body } = await host.api(`/v1/operations/${operation}`);
  return JSON.stringify(body).includes('"write"') ? 0 : -1;
}

for (const [name, faults] of [
  ["cannot be read on", { readError: 1024 * 1024 }],
  ["hangs", { hang: 1024 * 1024 }],
] as const) {
  story(
    `a file that ${name}`,
    { unless: [...fuse, needsTools("curl")], limits: { stall_timeout: "1s" } },
    async (s) => {
      const { host } = s;
      const { board } = host;
      worked(await board.run(["mknod", "/dev/fuse", "c", "10", "229"]));
      await board.write("/run/faulty.py", await Bun.file(faultyFileSystem).bytes());
      const ended = "(sleep 100000 & echo $! >/run/sleeper; wait)";
      board.start(["sh", "-c", `${ended} | python3 /run/faulty.py /mnt 4194304 '${JSON.stringify(faults)}'`]);
      await happened("it is mounted", async () => (await board.run(["test", "-e", "/mnt/file"])).exitCode === 0);
      // hostctl would look for a signature beside it, and on this file system every name is there.
      const request = ["--unix-socket", "/run/host-service", "--silent", "--json", '{"source":{"path":"/mnt/file"}}'];
      await s.fails({ exit: 1, inactive: "unknown" }, async () => {
        const { stdout } = await board.run(["curl", ...request, "http://host/v1/system/upgrade"]);
        const { status, detail } = JSON.parse(stdout) as Record<string, unknown>;
        worked(await host.hostctl("ping"));
        // A job in the hands of a file system that hangs is gone when that is.
        worked(await board.run(["sh", "-c", "kill $(cat /run/sleeper)"]));
        expect(status).toBe("hang" in faults ? 408 : 500);
        return { stdout: `${String(detail)}\n`, stderr: "", exitCode: 1 };
      });
      await s.goesOn();
    },
  );
}
failures.complete();
