// A host for the demonstration: its state is in one directory, and a reboot is the boot hook with another boot id.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { say, typed } from "./voice.ts";

const configuration = `socket = "host-service.sock"
run_dir = "run"
state_dir = "state"

[power]
driver = "none"
`;

const startTimeMaxMs = 10_000;

export class DemoDevice {
  readonly #directory: string;
  readonly #environment: Record<string, string>;
  #daemon: Bun.Subprocess | undefined;

  /** `programs` is the directory of hostctl and host-service. */
  constructor(options: { directory: string; programs: string }) {
    this.#directory = options.directory;
    this.#environment = {
      PATH: `${options.programs}:/usr/bin:/bin`,
      HOST_SERVICE_SOCKET: join(options.directory, "host-service.sock"),
    };
  }

  async configure(): Promise<void> {
    const absolute = configuration.replaceAll(/"(host-service\.sock|run|state)"/g, (_whole, name: string) =>
      JSON.stringify(join(this.#directory, name)),
    );
    await writeFile(join(this.#directory, "config.toml"), absolute);
  }

  /** Runs a command as a person would, and fails where it fails. */
  async show(command: string): Promise<void> {
    typed(command);
    const child = this.#spawn(command.split(" "), "inherit");
    const status = await child.exited;
    if (status !== 0) throw new Error(`"${command}" ended with ${status}`);
  }

  async start(bootId: string): Promise<void> {
    const command = `host-service --config config.toml --boot-id ${bootId}`;
    typed(`${command} &`);
    this.#daemon = this.#spawn(command.split(" "), "ignore");
    await this.#isListening();
  }

  /** What a reboot is here: the daemon ends, the hook resolves the new boot, the daemon starts. */
  async reboot(bootId: string): Promise<void> {
    await this.stop();
    await this.show(`host-service boot --config config.toml --boot-id ${bootId}`);
    await this.start(bootId);
  }

  async stop(): Promise<void> {
    this.#daemon?.kill("SIGTERM");
    await this.#daemon?.exited;
    this.#daemon = undefined;
  }

  async #isListening(): Promise<void> {
    const deadline = performance.now() + startTimeMaxMs;
    while (performance.now() < deadline) {
      const ping = this.#spawn(["hostctl", "--quiet", "ping"], "ignore");
      if ((await ping.exited) === 0) return;
      if (this.#daemon?.exitCode !== null) break;
    }
    say("The daemon does not answer");
    throw new Error(`host-service did not start within ${startTimeMaxMs / 1000} s`);
  }

  #spawn(command: string[], output: "inherit" | "ignore"): Bun.Subprocess {
    const [program = "", ...rest] = command;
    const path = Bun.which(program, { PATH: this.#environment["PATH"] ?? "" });
    if (path === null) throw new Error(`Cannot find "${program}"`);
    return Bun.spawn([path, ...rest], {
      cwd: this.#directory,
      env: this.#environment,
      stdio: ["ignore", output, output],
    });
  }
}
