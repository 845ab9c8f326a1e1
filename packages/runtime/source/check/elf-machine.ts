// For which processor a program is, by its first bytes (elf(5)).
import { closeSync, openSync, readSync } from "node:fs";

/** EM_… of elf.h, by what `uname -m` calls it. */
const machines: Readonly<Record<number, string>> = {
  3: "i686",
  21: "ppc64",
  22: "s390x",
  40: "armv7l",
  62: "x86_64",
  183: "aarch64",
  243: "riscv64",
  258: "loongarch64",
};

/** Undefined where it is no ELF file (a script), or for a processor that nobody here knows. */
export function elfMachine(hostPath: string): string | undefined {
  const header = new Uint8Array(20);
  const fd = openSync(hostPath, "r");
  try {
    if (readSync(fd, header, 0, header.length, 0) < header.length) return undefined;
  } finally {
    closeSync(fd);
  }
  const [mark, e, l, f, , order] = header;
  if (mark !== 0x7f || e !== 0x45 || l !== 0x4c || f !== 0x46) return undefined;
  return machines[new DataView(header.buffer).getUint16(18, order !== 2)];
}
