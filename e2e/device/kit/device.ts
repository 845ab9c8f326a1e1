// A device whose process 1 is a real systemd. Its root and its data partition outlive its boots; `cut` is what pulling the plug is to its programs.
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Answer, RunOptions } from "../../kit/run.ts";
import { run } from "../../kit/run.ts";
import { until } from "../../kit/until.ts";
import { Enclosure } from "./enclosure.ts";
import { Machine } from "./machine.ts";
import { descendantsOf, pidsInNamespaces } from "./process-tree.ts";

const bootTimeMaxMs = 90_000;

export class SystemdDevice {
  readonly #enclosure: Enclosure;
  #machine: Machine | undefined;

  private constructor(enclosure: Enclosure) {
    this.#enclosure = enclosure;
  }

  /** A device that is switched off. `layers` lie over the Debian tree. Whoever makes one removes it. */
  static async make(layers: readonly string[]): Promise<SystemdDevice> {
    return new SystemdDevice(await Enclosure.make(layers));
  }

  /** Switches it on; answers when systemd has nothing left to start, whether all of it started or not. */
  async boot(): Promise<void> {
    if (this.#machine?.isUp === true) throw new Error("Cannot boot the device: it is up");
    this.#machine = await Machine.start(this.#enclosure, [`${this.#enclosure.inner("data")}:/var/lib/host-service`]);
    await this.until("the boot is over", ["systemctl", "is-system-running"], isSettled, bootTimeMaxMs);
  }

  /** Asks for a reboot by a command on the device, and boots; throws where it went down in another way. */
  async reboot(command: readonly string[] = ["systemctl", "reboot"]): Promise<void> {
    await this.run(command);
    await this.bootAgain();
  }

  /** Waits until the device has gone down by itself to be booted again, and boots it. */
  async bootAgain(): Promise<void> {
    if (!(await this.#up().ended())) throw new Error("Cannot boot the device again: it went down for good");
    await this.boot();
  }

  /** The power goes. */
  async cut(): Promise<void> {
    await this.#up().cut();
  }

  run(command: readonly string[], options: RunOptions = {}): Promise<Answer> {
    return this.#up().run(command, options);
  }

  /** The same for a command that has to succeed; gives its standard output. */
  async must(command: readonly string[], options: RunOptions = {}): Promise<string> {
    return succeeded(command, await this.run(command, options));
  }

  shell(script: string): Promise<string> {
    return this.must(["/bin/sh", "-ec", script]);
  }

  /** Runs a command in the device's tree while it is switched off, as an image builder does. */
  async chroot(command: readonly string[]): Promise<string> {
    const script = `cd "$1" && mount -t proc proc proc && mount --bind ../data var/lib/host-service || exit; shift
      chroot . "$@"; status=$?; umount var/lib/host-service proc && exit $status`;
    const argv = this.#enclosure.enter(["/bin/sh", "-c", script, "sh", this.#enclosure.inner("root"), ...command]);
    await mkdir(this.#enclosure.at("root/var/lib/host-service"), { recursive: true });
    return succeeded(command, await run(argv, { cwd: "/" }));
  }

  /** Waits until a command on the device answers so. */
  async until(
    what: string,
    command: readonly string[],
    isSo: (answer: Answer) => boolean = ({ exitCode }) => exitCode === 0,
    deadlineMs?: number,
  ): Promise<Answer> {
    let last: Answer | undefined;
    const look = async () => {
      last = await this.run(command);
      return isSo(last) ? last : undefined;
    };
    return await until(what, look, deadlineMs).catch((error: unknown) => {
      throw new Error(`${error instanceof Error ? error.message : String(error)}; at last: ${JSON.stringify(last)}`);
    });
  }

  /** Runs a command in a container, in all of its namespaces and as its root. */
  async inside(container: string, command: readonly string[], options: RunOptions = {}): Promise<Answer> {
    const leader = await this.leaderOf(container);
    if (leader === undefined) throw new Error(`Cannot enter container "${container}": it does not run`);
    return await this.#up().run(command, { ...options, leader });
  }

  async mustInside(container: string, command: readonly string[], options: RunOptions = {}): Promise<string> {
    return succeeded(command, await this.inside(container, command, options));
  }

  /** A container's process 1, by its number out here; undefined while it does not run. */
  async leaderOf(container: string): Promise<number | undefined> {
    const unit = `host-service-container@${container}.service`;
    const shown = await this.must(["systemctl", "show", "--property=MainPID", "--value", unit]);
    const main = Number(shown.trim());
    if (main === 0) return undefined;
    for (const runtime of await descendantsOf(this.#up().leader)) {
      if ((await pidsInNamespaces(runtime)).at(1) !== main) continue;
      for (const pid of await descendantsOf(runtime)) {
        const numbers = await pidsInNamespaces(pid);
        if (numbers.length === 3 && numbers[2] === 1) return pid;
      }
    }
    return undefined;
  }

  /** A file of the device, up or not, as it is opened from out here: below /var/lib/host-service it is on the data partition. */
  path(path: string): string {
    const data = /^\/var\/lib\/host-service(?=\/|$)/;
    return data.test(path) ? this.#enclosure.at(path.replace(data, "data")) : this.#enclosure.at(`root${path}`);
  }

  /** A file as the programs of the device see it now, also below /run: sockets can be connected to there. */
  seen(path: string): string {
    return `/proc/${this.#up().leader}/root${path}`;
  }

  async write(path: string, text: string | Uint8Array, mode = 0o644): Promise<void> {
    await mkdir(dirname(this.path(path)), { recursive: true });
    await writeFile(this.path(path), text, { mode });
  }

  /** Copies a file of this machine onto the device. */
  async put(file: string, path: string): Promise<void> {
    await mkdir(dirname(this.path(path)), { recursive: true });
    await copyFile(file, this.path(path));
  }

  read(path: string): Promise<string> {
    return readFile(this.path(path), "utf8");
  }

  /** What happened in this boot, as far as it has a journal. */
  async journal(...words: string[]): Promise<string> {
    const { stdout } = await this.run(["journalctl", "--no-pager", "--boot", "--output=short-monotonic", ...words]);
    return stdout;
  }

  get isUp(): boolean {
    return this.#machine?.isUp === true;
  }

  /** Takes all of it away, in whatever state it is. */
  async remove(): Promise<void> {
    if (this.#machine?.isUp === true) await this.#machine.cut();
    await this.#enclosure.close();
  }

  #up(): Machine {
    if (this.#machine === undefined) throw new Error("Cannot use the device: it was never booted");
    return this.#machine;
  }
}

function isSettled({ stdout }: Answer): boolean {
  return ["running", "degraded"].includes(stdout.trim());
}

function succeeded(command: readonly string[], { stdout, stderr, exitCode }: Answer): string {
  if (exitCode === 0) return stdout;
  throw new Error(`Cannot run "${command.join(" ")}" on the device: it ended with ${exitCode}: ${stdout}${stderr}`);
}
