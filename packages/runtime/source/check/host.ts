// Whether this host can run a container at all: the runtime's program is there, and the processor fits.
import { RuntimeError } from "../error.ts";

const programs = {
  nspawn: { program: "systemd-nspawn", packageName: "systemd-container" },
  lxc: { program: "lxc-start", packageName: "lxc" },
} as const;

/** Where a daemon looks whose unit has no PATH. */
const usualPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Throws RuntimeError "not-supported" where the program of the runtime is missing. */
export function checkProgram(
  runtime: "nspawn" | "lxc",
  { path, deed }: { path: string | undefined; deed: string },
): void {
  const { program, packageName } = programs[runtime];
  if (Bun.which(program, { PATH: path ?? usualPath }) !== null) return;
  const message =
    `Cannot ${deed}: config.yaml asks for "runtime" "${runtime}", and this host has no ${program}; ` +
    `install it (Debian: ${packageName}), or use another runtime`;
  throw new RuntimeError("not-supported", message, { key: "runtime" });
}

/** By `uname -m`'s names: what each processor runs beside its own. */
const alsoRuns: Readonly<Record<string, readonly string[]>> = {
  x86_64: ["i686"],
  aarch64: ["armv8l", "armv7l", "armv6l"],
  armv8l: ["armv7l", "armv6l"],
  armv7l: ["armv6l"],
  ppc64: [],
  riscv64: [],
};

const ownName: Readonly<Record<string, string>> = { x64: "x86_64", arm64: "aarch64", arm: "armv7l", ia32: "i686" };

/** This host's processor, as `uname -m` calls it. */
export function hostArchitecture(): string {
  return ownName[process.arch] ?? process.arch;
}

/** Whether the host's processor runs programs of the other, which is undefined where nobody said it. */
export function runs(host: string, other: string | undefined): boolean {
  return other === undefined || other === host || (alsoRuns[host] ?? []).includes(other);
}
