// The same bytes in every format, made by the machine's own programs.
import { needsTools } from "../kit/requirements.ts";

export const formats = ["tar", "tar.xz", "tar.zst", "tar.gz"] as const;
export type Format = (typeof formats)[number];

const programs: Record<Exclude<Format, "tar">, readonly string[]> = {
  "tar.xz": ["xz", "--threads=1", "--check=crc64", "-1", "--stdout"],
  "tar.zst": ["zstd", "--quiet", "-1", "--check", "--stdout"],
  "tar.gz": ["gzip", "--no-name", "-1", "--stdout"],
};

export function needsPacker(format: Format): string | undefined {
  return format === "tar" ? undefined : needsTools(programs[format][0] ?? "");
}

/** From standard input, so that a zstd frame does not state its size, unless `more` says it. */
export async function packed(bytes: Uint8Array, format: Format, more: readonly string[] = []): Promise<Uint8Array> {
  if (format === "tar") return bytes;
  const child = Bun.spawn([...programs[format], ...more], { stdin: bytes, stdout: "pipe", stderr: "inherit" });
  const output = new Uint8Array(await new Response(child.stdout).arrayBuffer());
  if ((await child.exited) !== 0) throw new Error(`Cannot pack a ${format}`);
  return output;
}
