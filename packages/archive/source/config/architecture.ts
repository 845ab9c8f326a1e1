// The names that Incus gives to architectures, which are the kernel's, and what Debian, Go and OCI call the same.
import { nearest } from "@host-service/schema";

const aliases: Record<string, readonly string[]> = {
  x86_64: ["amd64", "x86-64"],
  i686: ["i386", "i586", "386", "x86"],
  aarch64: ["arm64", "armv8"],
  armv7l: ["armhf", "armv7", "armv7hl"],
  armv6l: ["armel", "armv6", "arm"],
  armv8l: [],
  riscv64: [],
  riscv32: [],
  ppc64le: ["ppc64el", "powerpc64le"],
  ppc64: ["powerpc64"],
  s390x: [],
  mips64: ["mips64el"],
  loongarch64: ["loong64"],
};

/** "amd64" → "x86_64"; undefined when nobody calls an architecture so. */
export function canonicalArchitecture(name: string): string | undefined {
  return Object.entries(aliases).find(([known, others]) => known === name || others.includes(name))?.[0];
}

export function describeUnknownArchitecture(name: string): string {
  const known = Object.keys(aliases);
  const meant = name.length > 64 ? undefined : nearest(name, [...known, ...Object.values(aliases).flat()]);
  const hint = meant === undefined ? `known here: ${known.join(", ")}` : `did you mean "${meant}"?`;
  return `unknown architecture ${JSON.stringify(name.slice(0, 64))}; ${hint}`;
}
