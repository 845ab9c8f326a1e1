// What is signed: a line with the SHA-256 of each part (specification, section 3).
import { refusal, shown } from "../refusal.ts";

export interface Manifest {
  readonly version: string;
  readonly header: { readonly name: string; readonly sha256: string };
  /** The digests of the payload's files after decompression, by their names. */
  readonly files: ReadonlyMap<string, string>;
}

const line = /^(?<sum>[0-9a-f]{64}) {2}(?<name>[\x21-\x7e]+)$/u;
const headerName = /^header\.tar(?:\.gz|\.xz|\.zst)?$/u;
const payloadName = /^data\/(?<index>\d{4})\/(?<file>[\x21-\x2e\x30-\x7e]{1,100})$/u;

/** Throws ArtifactError "manifest", or "unsupported" for more than one payload. */
export function parseManifest(bytes: Uint8Array): Manifest {
  const text = Buffer.from(bytes).toString("latin1");
  const lines = text.split("\n");
  if (lines.pop() !== "") throw refusal("manifest", "the last line of manifest has no end");
  const sums = new Map<string, string>();
  for (const [index, entry] of lines.entries()) {
    const { sum, name } = line.exec(entry)?.groups ?? {};
    if (sum === undefined || name === undefined) throw refusal("manifest", `manifest line ${index + 1} is malformed`);
    if (sums.has(name)) throw refusal("manifest", `manifest names ${shown(name)} twice`);
    sums.set(name, sum);
  }
  return sorted(sums);
}

function sorted(sums: ReadonlyMap<string, string>): Manifest {
  let version: string | undefined;
  let header: Manifest["header"] | undefined;
  const files = new Map<string, string>();
  for (const [name, sha256] of sums) {
    if (name === "version") version = sha256;
    else if (headerName.test(name)) {
      if (header !== undefined) throw refusal("manifest", "manifest names two headers");
      header = { name, sha256 };
    } else files.set(fileOf(name), sha256);
  }
  if (version === undefined) throw refusal("manifest", "manifest has no line for version");
  if (header === undefined) throw refusal("manifest", "manifest has no line for the header");
  return { version, header, files };
}

function fileOf(name: string): string {
  const { index, file } = payloadName.exec(name)?.groups ?? {};
  if (file === undefined || file === "." || file === "..") {
    throw refusal("manifest", `manifest names ${shown(name)}, which has no place in an artifact`);
  }
  if (index !== "0000") throw refusal("unsupported", `it has more than one payload (${shown(name)})`);
  return file;
}
