// A virtual machine of qemu, emulated everywhere, so that a result means the same on each computer. Its disk outlives its boots;
// `cut` is what pulling the plug is to its kernel: what that kept in its memory is lost.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { environment } from "../../kit/program.ts";
import { must } from "../../kit/run.ts";
import { until } from "../../kit/until.ts";
import type { MachineImage } from "./image.ts";
import { qmp } from "./qmp.ts";
import { SerialShell } from "./serial-shell.ts";

const bootTimeMaxMs = 240_000;
const answerTimeMaxMs = 240_000;

// The last ones save seconds under emulation, and are about speed and noise alone.
const kernelLine =
  `console=ttyS0,115200 root=/dev/nvme0n1 rw rootfstype=ext4 panic=-1 quiet loglevel=4 random.trust_cpu=on
  mitigations=off audit=0 tsc=reliable no_timer_check cryptomgr.notests systemd.show_status=0`.replaceAll(/\s+/g, " ");

export class VirtualMachine {
  readonly directory: string;
  readonly #image: MachineImage;
  #qemu: Bun.Subprocess | undefined;
  #shell: SerialShell | undefined;
  bootId = "";

  private constructor(directory: string, image: MachineImage) {
    this.directory = directory;
    this.#image = image;
  }

  /** One that is switched off, with a disk of its own over the image's. Whoever makes one removes it. */
  static async make(image: MachineImage): Promise<VirtualMachine> {
    const directory = await mkdtemp(join(tmpdir(), "hs-vm-"));
    const base = ["-b", image.disk, "-F", "raw"];
    await must(["qemu-img", "create", "-q", "-f", "qcow2", ...base, join(directory, "disk.qcow2")]);
    return new VirtualMachine(directory, image);
  }

  /** Switches it on; answers when qemu runs. */
  async powerOn(): Promise<void> {
    for (const name of ["shell", "qmp"]) await rm(this.#at(name), { force: true });
    const log = Bun.file(this.#at("qemu.log"));
    const command = ["setpriv", "--pdeathsig", "KILL", "qemu-system-x86_64", ...this.#arguments()];
    const qemu = Bun.spawn(command, { env: environment, detached: true, stdio: ["ignore", log, log] });
    this.#qemu = qemu;
    await until("qemu has its sockets", async () => {
      if (qemu.exitCode !== null) throw new Error(`Cannot start qemu: ${await readFile(this.#at("qemu.log"), "utf8")}`);
      return existsSync(this.#at("shell")) && existsSync(this.#at("qmp"));
    });
    this.#shell = await SerialShell.connect(this.#at("shell"));
  }

  /** Switches it on, and waits for its shell. */
  async boot(): Promise<void> {
    await this.powerOn();
    await this.ready();
  }

  /** Waits for the shell of a boot that has begun. */
  async ready(): Promise<void> {
    this.bootId = await this.#connected().ready(bootTimeMaxMs);
  }

  /** Asks for a reboot by a script, and waits for the next boot's shell. */
  async reboot(script: string): Promise<void> {
    this.send(script);
    await this.ready();
  }

  send(script: string): void {
    this.#connected().send(script);
  }

  /** Runs a script as root; it has to succeed. */
  async shell(script: string, deadlineMs = answerTimeMaxMs): Promise<string> {
    const { exitCode, stdout } = await this.#connected().run(script, deadlineMs);
    if (exitCode === 0) return stdout;
    throw new Error(`Cannot run "${script}" in the machine: it ended with ${exitCode}: ${stdout}`);
  }

  /** Waits until a script succeeds. It is looked at in there and not too often, as everything that runs slows an emulated boot down. */
  async until(what: string, script: string, deadlineMs = answerTimeMaxMs): Promise<void> {
    const seconds = Math.round(deadlineMs / 1000);
    const loop = `until said=$( (${script}) 2>&1 ); do [ $SECONDS -lt ${seconds} ] || { echo "not so: ${what}: $said"; exit 1; }; sleep .3; done`;
    await this.shell(loop, deadlineMs + 60_000);
  }

  /** Waits until the machine is in a state of qemu's, such as "suspended". */
  async status(wanted: string): Promise<void> {
    const look = async () => ((await qmp(this.#at("qmp"), "query-status")) as { status: string }).status === wanted;
    await until(`the machine is ${wanted}`, look, answerTimeMaxMs);
  }

  /** Presses the key that wakes it. What is sent while its serial port still sleeps is lost, so it is asked until it answers. */
  async wake(): Promise<void> {
    await qmp(this.#at("qmp"), "system_wakeup");
    const answers = () =>
      this.#connected()
        .run("true", 5000)
        .then(
          () => true,
          () => false,
        );
    await until("the machine answers again", answers, answerTimeMaxMs);
  }

  /** The power goes. */
  async cut(): Promise<void> {
    this.#shell?.close();
    this.#qemu?.kill("SIGKILL");
    await this.#qemu?.exited;
    this.#qemu = undefined;
  }

  async console(): Promise<string> {
    return await readFile(this.#at("console.log"), "utf8").catch(() => "");
  }

  async remove(): Promise<void> {
    await this.cut();
    await rm(this.directory, { recursive: true });
  }

  #connected(): SerialShell {
    if (this.#shell === undefined) throw new Error("Cannot use the machine: it is off");
    return this.#shell;
  }

  #at(name: string): string {
    return join(this.directory, name);
  }

  #arguments(): string[] {
    const machine = "-accel tcg,thread=multi,tb-size=256 -machine q35 -cpu max -smp 2 -m 1024";
    const plain = "-display none -nodefaults -no-user-config -net none -device virtio-rng-pci";
    const port = (name: string, chardev: string) => ["-chardev", chardev, "-serial", `chardev:${name}`];
    const disk = `if=none,id=root,file=${this.#at("disk.qcow2")},format=qcow2,cache=writeback,discard=unmap`;
    return [
      ...`${machine} ${plain} -device nvme,drive=root,serial=root`.split(" "),
      ...port("console", `file,id=console,path=${this.#at("console.log")},append=on`),
      ...port("shell", `socket,id=shell,path=${this.#at("shell")},server=on,wait=off`),
      "-kernel",
      this.#image.kernel,
      "-append",
      kernelLine,
      "-qmp",
      `unix:${this.#at("qmp")},server=on,wait=off`,
      "-drive",
      disk,
    ];
  }
}
