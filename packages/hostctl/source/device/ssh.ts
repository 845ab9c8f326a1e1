// One run of the user's own ssh, which forwards a socket of this machine to one of the device. Their configuration, agent, jump hosts and
// control connection are ssh's to find; nothing is opened that others could reach.
import { existsSync } from "node:fs";
import type { DeviceAddress } from "./address.ts";

export interface Forwarding {
  device: DeviceAddress;
  localPath: string;
  remotePath: string;
}

export interface Ssh {
  /** Resolves when it has ended, however it did; `told` is what it wrote on standard error. */
  readonly ended: Promise<{ told: string; status: number }>;
  readonly isRunning: boolean;
  /** What it has written so far. */
  told(): string;
  /** At once and without waiting: also for the end of this process. */
  end(): void;
}

const toldBytesMax = 64 * 1024;

/** No session, and nothing of this machine is offered there but the one socket. */
const forwardOnly = ["-N", "-T", "-a", "-x"];
const socketOptions = ["ExitOnForwardFailure=yes", "StreamLocalBindUnlink=yes", "StreamLocalBindMask=0177"];
/** A line of which nothing is heard for this long is lost; TCP alone would notice after a quarter of an hour. */
const aliveOptions = ["ServerAliveInterval=5", "ServerAliveCountMax=3"];

export function sshArguments({ device, localPath, remotePath }: Forwarding): string[] {
  const options = [...socketOptions, ...aliveOptions].flatMap((option) => ["-o", option]);
  return [...forwardOnly, ...options, "-L", `${localPath}:${remotePath}`, ...destination(device)];
}

/** Everything before "--" is an option, everything behind it never is. */
export function destination({ user, host, port }: DeviceAddress): string[] {
  return [...(user === undefined ? [] : ["-l", user]), ...(port === undefined ? [] : ["-p", String(port)]), "--", host];
}

/** Ctrl-C goes to every process of the terminal, and the line has to live until the operation is cancelled. */
const deafToInterrupt = ["/bin/sh", "-c", 'trap "" INT; exec ssh "$@"', "ssh"];

export function startSsh(forwarding: Forwarding): Ssh {
  const child = Bun.spawn([...deafToInterrupt, ...sshArguments(forwarding)], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  let told = "";
  const reading = collect(child.stderr, (text) => (told = (told + text).slice(-toldBytesMax)));
  const ended = (async () => {
    const status = await child.exited;
    await reading;
    return { told, status };
  })();
  return {
    ended,
    get isRunning() {
      return child.exitCode === null && child.signalCode === null;
    },
    told: () => told,
    end: () => child.kill("SIGTERM"),
  };
}

/** Where ssh used a control connection of the user's, the forwarding is that one's and outlives our ssh. */
export async function cancelForwarding({ device, localPath, remotePath }: Forwarding): Promise<void> {
  if (!existsSync(localPath)) return;
  const child = Bun.spawn(["ssh", "-O", "cancel", "-L", `${localPath}:${remotePath}`, ...destination(device)], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "ignore",
    timeout: 2000,
  });
  await child.exited;
}

async function collect(stream: ReadableStream<Uint8Array>, add: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  for await (const chunk of stream) add(decoder.decode(chunk, { stream: true }));
}
