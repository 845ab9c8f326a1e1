import { expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { problem } from "@host-service/protocol";
import type { Answer } from "./fake-host.ts";
import { fakeHost } from "./fake-host.ts";

const entry = join(import.meta.dir, "../source/main.ts");

/** Runs hostctl on a pseudo-terminal and types `typed` when the question stands there. */
async function onTerminal(
  words: string,
  typed: string,
  socketPath: string,
  question = "[y/N]",
): Promise<{ shown: string; exit: number }> {
  const env = { PATH: process.env["PATH"] ?? "", TERM: "xterm", HOST_SERVICE_SOCKET: socketPath };
  const argv = ["script", "-qec", `${process.execPath} ${entry} ${words}`, "/dev/null"];
  const child = Bun.spawn(argv, { env, stdin: "pipe", stdout: "pipe", stderr: "pipe" });
  let shown = "";
  for await (const chunk of child.stdout) {
    const before = shown.includes(question);
    shown += new TextDecoder().decode(chunk);
    if (before || !shown.includes(question)) continue;
    void child.stdin.write(typed);
    await child.stdin.flush();
  }
  void child.stdin.end();
  return { shown, exit: await child.exited };
}

/** A key of minisign's whose password no longer fits: it was made to cost little. */
const cheapKey = `untrusted comment: minisign encrypted secret key
RWRTY0IyZ7uFPo2rGhgnKQaFNcwe7fz8z8JpVoVpTOrbdz0QnAMAgAAAAAAAAAAAAAEAAAAAwb9hWZrwP1U5ZWaLwnQ3FBw/kJ0UbSxUAUBfQagK5SxRi2CLAOk88xEGuhi/H7voneHL7XRRt1RQqiBCL1JseiuDjvz7GqavFtxML0rR2g9ONjqw9QHhTC0DC/zkRGYTs17Ls+N+JiY=
`;

const hasScript = Bun.which("script") !== null;
if (!hasScript) console.log("skipped: questions on a terminal: there is no script(1)");

test.skipIf(!hasScript)("reboot during a trial asks on a terminal and does what it is told", async () => {
  const trial: Answer = { status: 409, json: problem("trial-running", "Cannot reboot: edge is on trial") };
  const script = { "POST /v1/system/reboot": [trial, { json: { ok: true } }] };
  for (const [typed, exit] of [
    ["y\n", 0],
    ["yes\n", 0],
    ["n\n", 1],
    ["\n", 1],
    ["\u0004", 1],
  ] as const) {
    await using host = await fakeHost(script);
    const ran = await onTerminal("reboot", typed, host.socketPath);
    expect(ran.shown).toContain("a trial is running and a reboot rolls it back");
    expect([typed, ran.exit, host.requests.length]).toEqual([typed, exit, exit === 0 ? 2 : 1]);
    if (exit === 1)
      expect(ran.shown).toContain("Cannot reboot the host: a trial is running, and rolling it back was declined");
  }
});

test.skipIf(!hasScript)("remove asks on a terminal unless --yes", async () => {
  const script = { "DELETE /v1/containers/~": { json: { removed: "edge", operation: "x" } } };
  await using host = await fakeHost(script);
  const declined = await onTerminal("container remove", "n\n", host.socketPath);
  expect([declined.exit, host.requests]).toEqual([1, []]);
  const sure = await onTerminal("container remove --yes", "", host.socketPath);
  expect([sure.exit, sure.shown.endsWith("OK\r\n"), host.requests.length]).toEqual([0, true, 1]);
});

test.skipIf(!hasScript)("a password is asked for on a terminal, and what is typed is not shown", async () => {
  const directory = await mkdtemp(join(tmpdir(), "hostctl-ask-"));
  try {
    const at = (name: string) => join(directory, name);
    await Bun.write(at("config.yaml"), 'name: edge\nversion: "1.5.0"\n');
    await Bun.write(at("rootfs.tar"), new Uint8Array(10_240));
    await Bun.write(at("edge.key"), cheapKey);
    const words = `image sign ${at("config.yaml")} ${at("rootfs.tar")} --secret-key ${at("edge.key")} --manifest ${at("manifest")}`;
    const wrong = await onTerminal(words, "horses\u007f\r", "/nowhere", "Password of");
    expect([wrong.exit, wrong.shown.includes("horse")]).toEqual([1, false]);
    expect(wrong.shown).toContain("the password is not the one of this key");
    const left = await onTerminal(words, "hor\u0003", "/nowhere", "Password of");
    expect([left.exit, await Bun.file(at("manifest")).exists()]).toEqual([130, false]);
  } finally {
    await rm(directory, { recursive: true });
  }
});
