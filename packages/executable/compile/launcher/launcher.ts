// What a container finds as /host/hostctl: some 700 bytes that need nothing but /proc. The machine code is in the .hex files, made
// of the .s files beside them; the test assembles these again where there is an assembler.
import { readFileSync } from "node:fs";
import path from "node:path";
import { type Architecture, elfOf } from "./elf.ts";

const sources = { x64: "x86-64", arm64: "arm64" } as const satisfies Record<Architecture, string>;

export function launcherOf(architecture: Architecture): Uint8Array {
  const file = path.join(import.meta.dirname, `${sources[architecture]}.hex`);
  return elfOf(Buffer.from(readFileSync(file, "utf8").replaceAll(/\s/g, ""), "hex"), architecture);
}

/** Of `bun-linux-arm64`, as `--target` takes it; without one, of this machine. */
export function architectureOf(target: string | undefined): Architecture {
  const name = target === undefined ? process.arch : (/^bun-linux-(\w+)/.exec(target)?.[1] ?? "");
  if (name === "x64" || name === "arm64") return name;
  throw new TypeError(`Cannot make the launcher for "${target ?? name}": there is one for x64 and one for arm64`);
}
