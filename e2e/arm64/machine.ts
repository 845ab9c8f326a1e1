// An emulated arm64 machine: a real kernel of that architecture, an empty disk, no network, and what it says on its console.
import { chmod, copyFile, cp, mkdir, readdir, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { repository } from "../kit/program.ts";
import { must, run } from "../kit/run.ts";

const compiled = join(repository, "dist/bun-linux-arm64");
// What the executable is linked to.
const libraries = ["libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "ld-linux-aarch64.so.1"];
const diskBytes = 256 * 1024 * 1024;

/** Compiles the program for arm64, unless dist/ has it of these sources already. */
export async function compile(): Promise<void> {
  const builder = join(repository, "packages/executable/compile/main.ts");
  const command = [process.execPath, builder, "--target", "bun-linux-arm64"];
  const child = Bun.spawn(command, { cwd: repository, stdio: ["ignore", "inherit", "inherit"] });
  if ((await child.exited) !== 0) throw new Error("Cannot test on arm64: the program could not be compiled for it");
}

/** The directory that becomes the guest's root, with the program, its unit tests in `unitTests`, and guest/ in it. */
export async function makeRoot(directory: string, packages: string, unitTests: readonly string[]): Promise<string> {
  const root = join(directory, "root");
  for (const name of ["bin", "lib", "disk", "proc", "sys", "dev", "tmp", "run", "var"]) {
    await mkdir(join(root, name), { recursive: true });
  }
  for (const name of libraries) {
    await copyFile(join(packages, "lib/aarch64-linux-gnu", name), join(root, "lib", name));
  }
  await copyFile(join(packages, "bin/busybox"), join(root, "bin/busybox"));
  await copyFile(join(compiled, "hostctl"), join(root, "bin/hostctl"));
  await copyFile(join(compiled, "hostctl-launcher"), join(root, "bin/hostctl-launcher"));
  for (const name of ["host-service", "host-service-boot"]) await symlink("hostctl", join(root, "bin", name));
  for (const name of ["source", "test", "package.json"]) {
    await cp(join(repository, "packages/disk", name), join(root, "disk", name), { recursive: true });
  }
  await writeFile(join(root, "disk/files"), unitTests.map((name) => `test/${name}.test.ts\n`).join(""));
  await copyFile(join(import.meta.dirname, "guest/init"), join(root, "init"));
  await chmod(join(root, "init"), 0o755);
  return root;
}

/** Runs until the guest powers off; gives all that its console showed. */
export async function boot(directory: string, packages: string, root: string): Promise<string> {
  const [initrd, disk] = [join(directory, "initrd"), join(directory, "disk")];
  const pack = 'cd "$1" && find . | cpio --create --format=newc --owner=+0:+0 --quiet >"$2"';
  await must(["sh", "-c", pack, "sh", root, initrd]);
  await writeFile(disk, "");
  await truncate(disk, diskBytes);
  await must(["mke2fs", "-q", "-t", "ext4", "-b", "4096", disk]);
  const kernel = (await readdir(join(packages, "boot"))).find((name) => name.startsWith("vmlinuz-"));
  if (kernel === undefined) throw new Error("Cannot start the guest: its kernel is not there");
  // The weakest core that is still common in devices: what newer ones have must not be needed.
  const machine = "-machine virt -cpu cortex-a53 -accel tcg,thread=multi -smp 2 -m 1024 -nodefaults -no-user-config";
  const console = ["-display", "none", "-serial", "stdio", "-no-reboot", "-net", "none"];
  const drive = [
    "-drive",
    `if=none,id=disk,format=raw,cache=unsafe,file=${disk}`,
    "-device",
    "nvme,drive=disk,serial=1",
  ];
  const kernelLine = "console=ttyAMA0 quiet loglevel=1 panic=-1 random.trust_cpu=on";
  const start = ["-kernel", join(packages, "boot", kernel), "-initrd", initrd, "-append", kernelLine];
  const command = ["qemu-system-aarch64", ...machine.split(" "), ...console, ...drive, ...start];
  const { stdout, stderr, exitCode } = await run(command, { timeoutMs: 160_000 });
  if (exitCode !== 0) throw new Error(`Cannot run the guest: qemu ended with ${exitCode}: ${stderr}${stdout}`);
  return stdout.replaceAll("\r\n", "\n");
}

/** What each step printed, and its exit code where that is not 0, by the marks of guest/init. */
export function stepsIn(text: string): Map<string, string> {
  const marked = text.matchAll(/^@begin (.*)\n([^]*?)@end (\d+)$/gm);
  return new Map(
    [...marked].map(([, name = "", printed = "", exitCode]) => [
      name,
      exitCode === "0" ? printed : `${printed}exit code ${exitCode}\n`,
    ]),
  );
}
