import { expect, test } from "bun:test";
import { join } from "node:path";
import { problem } from "@host-service/protocol";
import type { Answer } from "./fake-host.ts";
import { fakeHost } from "./fake-host.ts";

const entry = join(import.meta.dir, "../source/main.ts");

/** Runs hostctl on a pseudo-terminal and types `typed` when the question stands there. */
async function onTerminal(words: string, typed: string, socketPath: string): Promise<{ shown: string; exit: number }> {
  const env = { PATH: process.env["PATH"] ?? "", TERM: "xterm", HOST_SERVICE_SOCKET: socketPath };
  const argv = ["script", "-qec", `${process.execPath} ${entry} ${words}`, "/dev/null"];
  const child = Bun.spawn(argv, { env, stdin: "pipe", stdout: "pipe", stderr: "pipe" });
  let shown = "";
  for await (const chunk of child.stdout) {
    const before = shown.includes("[y/N]");
    shown += new TextDecoder().decode(chunk);
    if (before || !shown.includes("[y/N]")) continue;
    void child.stdin.write(typed);
    await child.stdin.flush();
  }
  void child.stdin.end();
  return { shown, exit: await child.exited };
}

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
