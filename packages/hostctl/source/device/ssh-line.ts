// The way to a device: a private directory with a socket in it that ssh forwards. It can be had again after it was lost, at the same path, and
// leaves nothing behind, however the command ends.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClientError } from "@host-service/client";
import type { Line } from "@host-service/client";
import { cancelForwarding, startSsh } from "./ssh.ts";
import type { Forwarding, Ssh } from "./ssh.ts";
import { endingSignals } from "./ending-signals.ts";
import type { DeviceAddress } from "./address.ts";

export interface SshLine extends Line, AsyncDisposable {
  /** The socket on this machine. */
  socketPath: string;
}

export interface LineOptions {
  device: DeviceAddress;
  remotePath: string;
  /** How long a lost line is tried again. */
  retryTimeMs: number;
  /** Is told what happens to the line. */
  say: (line: string) => void;
}

/** A person may have to confirm a host key or to type a password. */
const openTimeMaxMs = 120_000;
const lookAgainMs = 10;
const backOffMs = { first: 250, max: 5000 } as const;

/** Throws a ClientError of the kind `no-connection` where the device or its host-service cannot be reached. */
export async function openLine(options: LineOptions): Promise<SshLine> {
  const { device, remotePath, retryTimeMs, say } = options;
  const directory = mkdtempSync(join(tmpdir(), "hostctl-"));
  const forwarding: Forwarding = { device, remotePath, localPath: join(directory, "s") };
  let ssh: Ssh | undefined;
  const cleanUp = () => {
    ssh?.end();
    rmSync(directory, { recursive: true, force: true });
  };
  const watching = endingSignals(cleanUp);
  const close = async () => {
    watching.end();
    await cancelForwarding(forwarding).catch(() => undefined);
    cleanUp();
    await ssh?.ended;
  };
  const open = async () => {
    if (ssh?.isRunning !== true) {
      rmSync(forwarding.localPath, { force: true });
      ssh = startSsh(forwarding);
      await forwarded(ssh, forwarding, say);
    }
    await answered(ssh, forwarding);
  };
  try {
    await open();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    name: device.text,
    socketPath: forwarding.localPath,
    recover: (lost) => recover(lost, { open, retryTimeMs, say, name: device.text }),
    [Symbol.asyncDispose]: close,
  };
}

async function recover(
  lost: ClientError,
  options: { open: () => Promise<void>; retryTimeMs: number; say: (line: string) => void; name: string },
): Promise<void> {
  const { open, retryTimeMs, say, name } = options;
  const giveUpAt = performance.now() + retryTimeMs;
  say(`the connection to ${name} was lost; trying again for ${Math.round(retryTimeMs / 1000)} s`);
  for (let waitMs: number = backOffMs.first; ; waitMs = Math.min(2 * waitMs, backOffMs.max)) {
    try {
      await open();
      say(`connected to ${name} again`);
      return;
    } catch (error) {
      if (!(error instanceof ClientError) || error.kind !== "no-connection") throw error;
      const isOver = performance.now() + waitMs > giveUpAt;
      if (isOver)
        throw new ClientError("no-connection", `${error.message}; given up after trying again`, { cause: lost });
    }
    await Bun.sleep(waitMs);
  }
}

/** Waits until ssh has made the socket. */
async function forwarded(ssh: Ssh, { device, localPath }: Forwarding, say: (line: string) => void): Promise<void> {
  const giveUpAt = performance.now() + openTimeMaxMs;
  while (!existsSync(localPath)) {
    if (!ssh.isRunning) {
      const { told, status } = await ssh.ended;
      for (const line of told.trim().split("\n").slice(0, -1)) say(`ssh: ${line.trim()}`);
      throw noConnection(device, `ssh ended with ${status}: ${lastLine(told)}; ${tryByHand(device)}`);
    }
    if (performance.now() > giveUpAt) {
      ssh.end();
      throw noConnection(device, `ssh did not connect within ${openTimeMaxMs / 1000} s; ${tryByHand(device)}`);
    }
    await Bun.sleep(lookAgainMs);
  }
}

/** Whether host-service is at the other end: ssh accepts a connection before it has looked. */
async function answered(ssh: Ssh, { device, localPath, remotePath }: Forwarding): Promise<void> {
  try {
    await fetch("http://host-service/v1/ping", { unix: localPath, redirect: "manual", keepalive: false });
  } catch (error) {
    const told = lastLine(ssh.told());
    if (!ssh.isRunning) throw noConnection(device, `the connection was lost: ${told}`, error);
    const why = `nothing answers at "${remotePath}" there (${told})`;
    const next =
      "start host-service on the device, call it as a user who may connect, or give the path with --socket-path";
    throw noConnection(device, `${why}; ${next}`, error);
  }
}

function noConnection(device: DeviceAddress, why: string, cause?: unknown): ClientError {
  return new ClientError("no-connection", `Cannot reach host-service on "${device.text}": ${why}`, { cause });
}

function tryByHand({ user, host, port }: DeviceAddress): string {
  const words = [...(port === undefined ? [] : ["-p", port]), user === undefined ? host : `${user}@${host}`];
  return `try: ssh ${words.join(" ")} true`;
}

/** ssh says first what it tries and last what is wrong. */
function lastLine(told: string): string {
  return told.trim().split("\n").at(-1)?.trim().replace(/\.$/, "") || "it said nothing";
}
