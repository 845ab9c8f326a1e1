// What the kernel needs to start a file: for ELF its machine and, for a dynamic program, its loader; for a script its interpreter.
export type Program =
  | { kind: "elf"; machine: number; loader: string | undefined }
  | { kind: "script"; interpreter: string }
  /** The kernel would refuse it. */
  | { kind: "unknown" };

/** Enough for the headers of every linker there is; the loader's name lies right behind them. */
export const headBytesMax = 64 * 1024;

const machines: Readonly<Record<string, { machine: number; name: string }>> = {
  x64: { machine: 62, name: "x86-64" },
  arm64: { machine: 183, name: "arm64" },
};

export function readProgram(head: Uint8Array): Program {
  if (head[0] === 0x23 && head[1] === 0x21) return readScript(head);
  if (head.length < 64 || head[0] !== 0x7f || text(head, 1, 4) !== "ELF") return { kind: "unknown" };
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const wide = head[4] === 2;
  const little = head[5] === 1;
  const machine = view.getUint16(18, little);
  const word = (at: number) => (wide ? Number(view.getBigUint64(at, little)) : view.getUint32(at, little));
  const table = word(wide ? 32 : 28);
  const size = view.getUint16(wide ? 54 : 42, little);
  const count = view.getUint16(wide ? 56 : 44, little);
  for (let index = 0; index < count; index += 1) {
    const at = table + index * size;
    if (at + (wide ? 56 : 32) > head.length) break;
    if (view.getUint32(at, little) !== loaderSegment) continue;
    const from = word(at + (wide ? 8 : 4));
    const length = word(at + (wide ? 32 : 16));
    if (from + length > head.length) break;
    return { kind: "elf", machine, loader: text(head, from, from + length).replace(/\0.*$/s, "") };
  }
  return { kind: "elf", machine, loader: undefined };
}

/** PT_INTERP of elf(5). */
const loaderSegment = 3;

function readScript(head: Uint8Array): Program {
  const line = text(head, 2, Math.min(head.length, 258)).split("\n")[0] ?? "";
  const interpreter = line.trim().split(/\s/)[0] ?? "";
  return interpreter === "" ? { kind: "unknown" } : { kind: "script", interpreter };
}

/** Whether a host of this kind (`process.arch`) runs it; an x86-64 host runs 32 bits as well. */
export function fitsHost(machine: number, architecture: string): boolean {
  if (architecture === "x64" && machine === 3) return true;
  return machines[architecture]?.machine === machine;
}

export function machineName(machine: number): string {
  return Object.values(machines).find((known) => known.machine === machine)?.name ?? `ELF machine ${machine}`;
}

export function hostName(architecture: string): string {
  return machines[architecture]?.name ?? architecture;
}

function text(head: Uint8Array, from: number, to: number): string {
  return new TextDecoder("latin1").decode(head.subarray(from, to));
}
