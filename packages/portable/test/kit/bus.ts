// A real bus of dbus-daemon, without a system: for what happens to calls when it, or who is called, goes away.
import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as dbus from "@jellybrick/dbus-next";

export class TestBus {
  readonly address: string;
  readonly directory: string;
  #daemon: Bun.Subprocess<"ignore", "pipe", "inherit">;

  private constructor(directory: string, daemon: Bun.Subprocess<"ignore", "pipe", "inherit">) {
    this.directory = directory;
    this.address = `unix:path=${join(directory, "bus")}`;
    this.#daemon = daemon;
  }

  static async start(): Promise<TestBus> {
    const directory = await mkdtemp(join(tmpdir(), "hs-bus-"));
    const bus = new TestBus(directory, spawn(join(directory, "bus")));
    await bus.#ready();
    return bus;
  }

  pause(): void {
    this.#daemon.kill("SIGSTOP");
  }

  resume(): void {
    this.#daemon.kill("SIGCONT");
  }

  async kill(): Promise<void> {
    this.#daemon.kill("SIGKILL");
    await this.#daemon.exited;
  }

  async startAgain(): Promise<void> {
    await rm(join(this.directory, "bus"), { force: true });
    this.#daemon = spawn(join(this.directory, "bus"));
    await this.#ready();
  }

  async close(): Promise<void> {
    await this.kill();
    await rm(this.directory, { recursive: true });
  }

  /** It prints its address once it listens. */
  async #ready(): Promise<void> {
    const { value } = await this.#daemon.stdout.getReader().read();
    if (value === undefined) throw new Error("Cannot start a bus: dbus-daemon said nothing");
  }
}

function spawn(path: string): Bun.Subprocess<"ignore", "pipe", "inherit"> {
  const configuration = `${path}.conf`;
  writeFileSync(configuration, configurationOf(path));
  const command = ["dbus-daemon", `--config-file=${configuration}`, "--nofork", "--nopidfile", "--print-address=1"];
  return Bun.spawn(command, { stdio: ["ignore", "pipe", "inherit"] });
}

function configurationOf(path: string): string {
  const allow = '<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>';
  return `<busconfig><listen>unix:path=${path}</listen><policy context="default">${allow}</policy></busconfig>`;
}

export const peerName = "org.example.Peer";

/** Somebody on the bus who answers each method in its own way: with a value, an error, or not at all. */
export async function playPeer(
  address: string,
  answers: Readonly<Record<string, (message: dbus.Message) => dbus.Message | undefined>>,
): Promise<() => void> {
  const bus = dbus.sessionBus({ busAddress: address });
  const { promise: lost, reject } = Promise.withResolvers<never>();
  lost.catch(() => undefined);
  bus.on("error" as "connect", reject);
  bus.addMethodHandler((message: dbus.Message) => {
    const answer = answers[message.member];
    if (answer === undefined) return false;
    const reply = answer(message);
    if (reply !== undefined) bus.send(reply);
    return true;
  });
  await Promise.race([bus.requestName(peerName, 0), lost]);
  return () => bus.disconnect();
}
