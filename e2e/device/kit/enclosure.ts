// Where a device lives: a mount namespace in which its disks are mounted and the cgroups are one version 2 tree. All of it goes
// with one process, which ends when the tests do, in whatever way they end.
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { environment } from "../../kit/program.ts";

const script = join(import.meta.dirname, "enclosure.sh");

export class Enclosure {
  readonly #directory: string;
  readonly #keeper: Bun.Subprocess<"pipe", "pipe", "inherit">;

  private constructor(directory: string, keeper: Bun.Subprocess<"pipe", "pipe", "inherit">) {
    this.#directory = directory;
    this.#keeper = keeper;
  }

  /** `lowers` are the layers of the device's root, the uppermost first. */
  static async make(lowers: readonly string[]): Promise<Enclosure> {
    const directory = await mkdtemp(join(tmpdir(), "hs-device-"));
    const keeper = Bun.spawn(
      ["unshare", "--mount", "--propagation", "private", "/bin/sh", script, directory, lowers.join(":")],
      // A Ctrl-C is not for it: it takes everything away when the tests have ended.
      { env: environment, cwd: "/", detached: true, stdio: ["pipe", "pipe", "inherit"] },
    );
    const enclosure = new Enclosure(directory, keeper);
    const { value } = await keeper.stdout.getReader().read();
    if (value === undefined || Buffer.from(value).toString() !== "up\n") {
      await enclosure.close();
      throw new Error(`Cannot mount the disks of a device in "${directory}"`);
    }
    return enclosure;
  }

  /** A path in there, as everybody may open it. */
  reach(path: string): string {
    return `/proc/${this.#keeper.pid}/root${path}`;
  }

  /** A path of the enclosure's own directory, as those in there know it. */
  inner(name: string): string {
    return join(this.#directory, name);
  }

  /** The same, as it is reached from outside. */
  at(name: string): string {
    return this.reach(this.inner(name));
  }

  /** The argv that runs a command in there. */
  enter(command: readonly string[]): string[] {
    return ["nsenter", `--mount=/proc/${this.#keeper.pid}/ns/mnt`, ...command];
  }

  /** The control group of what runs in there. */
  get group(): string {
    return `/sys/fs/cgroup/${basename(this.#directory)}`;
  }

  /** Ends what runs in there, and takes everything away. */
  async close(): Promise<void> {
    await this.#keeper.stdin.end();
    await this.#keeper.exited;
    if (existsSync(this.#directory)) throw new Error(`Cannot take the device in "${this.#directory}" away`);
  }
}

/** Why no device can be mounted here: root of a container may lack the right to. */
export async function needsEnclosure(tree: string): Promise<string | undefined> {
  try {
    await (await Enclosure.make([tree])).close();
    return undefined;
  } catch {
    return "it needs to mount file systems and control groups, which is refused here";
  }
}
