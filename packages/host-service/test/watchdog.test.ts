import { expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startWatchdog } from "../source/watchdog.ts";

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** What a service manager hears until it has heard `count` messages, or its time is over; Bun has no datagrams on Unix sockets. */
const manager = `
import socket, sys
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(sys.argv[1])
listener.settimeout(float(sys.argv[3]))
print("ready", flush=True)
try:
    for _ in range(int(sys.argv[2])): print(listener.recv(100).decode(), flush=True)
except TimeoutError: print("nothing", flush=True)
`;

async function heard(
  environment: Record<string, string>,
  { count, seconds }: { count: number; seconds: number },
): Promise<string[]> {
  const directory = await mkdtemp(join(tmpdir(), "watchdog-"));
  const before = process.env["NOTIFY_SOCKET"];
  try {
    const address = join(directory, "notify");
    const command = ["python3", "-c", manager, address, String(count), String(seconds)];
    const child = Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
    const lines = child.stdout.pipeThrough(new TextDecoderStream());
    const texts: string[] = [];
    let watchdog: { stop(): void } | undefined;
    for await (const text of lines) {
      texts.push(text);
      process.env["NOTIFY_SOCKET"] = address;
      watchdog ??= startWatchdog(environment, log);
    }
    watchdog?.stop();
    return texts.join("").trim().split("\n").slice(1);
  } finally {
    if (before === undefined) delete process.env["NOTIFY_SOCKET"];
    else process.env["NOTIFY_SOCKET"] = before;
    await rm(directory, { recursive: true });
  }
}

const hasPython = Bun.which("python3") !== null;
if (!hasPython) console.error("skipped: startWatchdog: it needs python3");

test.skipIf(!hasPython)("startWatchdog tells the manager twice within its time", async () => {
  const own = { WATCHDOG_USEC: "20000", WATCHDOG_PID: String(process.pid) };
  expect(await heard(own, { count: 3, seconds: 20 })).toEqual(["WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1"]);
  expect(await heard({ WATCHDOG_USEC: "20000" }, { count: 1, seconds: 20 })).toEqual(["WATCHDOG=1"]);
});

test.skipIf(!hasPython)("startWatchdog is silent where nobody asked this process", async () => {
  for (const environment of [
    {},
    { WATCHDOG_USEC: "0" },
    { WATCHDOG_USEC: "soon" },
    { WATCHDOG_USEC: "20000", WATCHDOG_PID: "1" },
  ]) {
    expect(await heard(environment, { count: 1, seconds: 0.2 })).toEqual(["nothing"]);
  }
});
