// The compiled program as a device has it: a daemon of its own, with its state below one directory.
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { atEnd } from "./cleanup.ts";
import type { Bench } from "./workplace.ts";

const bootId = "bench";
const startTimeMaxMs = 20_000;

export class Device {
  readonly socket: string;
  readonly state: string;
  readonly pid: number;
  readonly configYaml: string;
  readonly #bench: Bench;
  readonly #configuration: string;
  readonly #daemon: Bun.Subprocess;
  readonly #remove: () => void;

  private constructor(bench: Bench, directory: string, configuration: string) {
    this.#bench = bench;
    mkdirSync(directory);
    chmodSync(directory, 0o700);
    this.socket = path.join(directory, "socket");
    this.state = path.join(directory, "state");
    this.configYaml = path.join(directory, "config.yaml");
    this.#configuration = path.join(directory, "config.toml");
    const keys = { socket: this.socket, run_dir: path.join(directory, "run"), state_dir: this.state };
    const lines = Object.entries(keys).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`);
    writeFileSync(this.#configuration, [...lines, '[power]\ndriver = "none"\n', configuration].join(""));
    writeFileSync(this.configYaml, 'name: edge\ntype: container\nversion: "1.0.0"\n');
    this.#daemon = this.start();
    this.pid = this.#daemon.pid;
    this.#remove = atEnd(() => {
      this.#daemon.kill("SIGKILL");
      rmSync(directory, { recursive: true, force: true });
    });
  }

  /**
   * Boots it: the daemon answers, and the hook has run. `below` is where its state is; the bench's own directory without it.
   * `configuration` is what its file has more.
   */
  static async boot(bench: Bench, { below = bench.directory, configuration = "" } = {}): Promise<Device> {
    const device = new Device(bench, path.join(below, `d${crypto.randomUUID().slice(0, 8)}`), configuration);
    await device.ready();
    await expectSuccess(device.hook);
    return device;
  }

  get hook(): string[] {
    return [this.program("host-service"), "boot", "--config", this.#configuration, "--boot-id", bootId];
  }

  program(name: string): string {
    return path.join(this.#bench.dist, name);
  }

  hostctl(...words: string[]): string[] {
    return [this.program("hostctl"), "--socket-path", this.socket, ...words];
  }

  /** Another daemon, in the first one's place: for measuring how it starts. */
  start(): Bun.Subprocess {
    return Bun.spawn(
      [this.program("host-service"), "--config", this.#configuration, "--boot-id", bootId],
      // As under systemd.
      { env: { HOST_SERVICE_LOG: "json" }, stdio: ["ignore", "ignore", "ignore"] },
    );
  }

  async ready(daemon = this.#daemon): Promise<void> {
    const until = performance.now() + startTimeMaxMs;
    while (!(await this.#answers())) {
      if (daemon.exitCode !== null || performance.now() > until) {
        throw new Error(`Cannot measure: the daemon does not answer (exit code ${daemon.exitCode})`);
      }
      await Bun.sleep(1);
    }
  }

  async #answers(): Promise<boolean> {
    try {
      return (await fetch("http://device/v1/ping", { unix: this.socket })).ok;
    } catch {
      // The socket is not there yet.
      return false;
    }
  }

  /** Stages an image; the one that waited for a boot before goes. */
  install(archive: string): Promise<void> {
    return expectSuccess(this.hostctl("--quiet", "container", "install", this.configYaml, archive));
  }

  /**
   * Brings a file of no format into the inbox. When it is durable and its digest was taken it is refused for what it is, and
   * gone, so nothing else is measured.
   */
  async receive(file: string, transfer: "path" | "fd"): Promise<void> {
    const words = ["container", "install", "--transfer", transfer, this.configYaml, file];
    const { status, output } = await outcomeOf(this.hostctl(...words));
    if (status !== 5 || !output.includes("its beginning is of no known format")) {
      throw new Error(`Cannot measure "${words.join(" ")}": status ${status}, ${output}`);
    }
  }

  /** The same with a body: a bundle without a beginning. `digest` is in base64. */
  async receiveBody(contents: Blob, digest: string): Promise<void> {
    const answer = await fetch("http://device/v1/containers/edge/install", {
      unix: this.socket,
      method: "POST",
      headers: { "Content-Type": "application/x-tar", "Content-Digest": `sha-256=:${digest}:` },
      body: contents,
      timeout: false,
    });
    const text = await answer.text();
    if (!text.includes("Cannot read the bundle: ")) {
      throw new Error(`Cannot measure a body: status ${answer.status}, ${text}`);
    }
  }

  /** The host's own system. */
  upgrade(file: string, transfer: "fd" | "stream"): Promise<void> {
    return expectSuccess(this.hostctl("--quiet", "system", "upgrade", "--transfer", transfer, file));
  }

  /** An upgrade that waits for the next boot goes. */
  dropUpgrade(): Promise<void> {
    return expectSuccess(this.hostctl("--quiet", "system", "rollback"));
  }

  /** The container with all that was staged. */
  remove(): Promise<void> {
    return expectSuccess(this.hostctl("--quiet", "container", "remove", "--yes"));
  }

  /** Without its daemon, for others to be started. */
  async pause(): Promise<void> {
    this.#daemon.kill("SIGTERM");
    await this.#daemon.exited;
  }

  async end(): Promise<void> {
    await this.pause();
    this.#remove();
  }
}

async function outcomeOf(command: readonly string[]): Promise<{ status: number; output: string }> {
  const child = Bun.spawn([...command], { env: {}, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [out, err, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { status, output: `${out}${err}` };
}

export async function expectSuccess(command: readonly string[]): Promise<void> {
  const { status, output } = await outcomeOf(command);
  if (status !== 0) throw new Error(`Cannot measure "${command.join(" ")}": status ${status}, ${output}`);
}
