import { join } from "node:path";
import { hostileDevice, makeArtifactKeys } from "@host-service/fixtures";
import { ArtifactError } from "../../source/error.ts";
import { type ArtifactKey, parseArtifactKey } from "../../source/key/artifact-key.ts";
import type { ReadUpgradeOptions } from "../../source/options.ts";
import { readUpgrade } from "../../source/read-upgrade.ts";
import type { ArtifactReport, UpgradeReport } from "../../source/report.ts";
import type { ByteSource, PayloadSink, PayloadStart } from "../../source/streams.ts";

/** Starts the job of the decoders. */
export const program: readonly string[] = [process.execPath, join(import.meta.dir, "job-entry.ts")];

export const keys = makeArtifactKeys();
export const rsaKey: ArtifactKey = parseArtifactKey(keys.rsa.pem, "the RSA key");
export const ecKey: ArtifactKey = parseArtifactKey(keys.ec.pem, "the EC key");

const has = (name: string): boolean => {
  const isThere = Bun.which(name) !== null;
  if (!isThere) console.warn(`skipped: what needs ${name}, which this machine does not have`);
  return isThere;
};
export const hasXz = has("xz");
export const hasMenderArtifact = has("mender-artifact") && has("openssl");

/** How the device of the fixtures reads: everything that can be refused is. */
export const strict: ReadUpgradeOptions = {
  policy: { keys: [rsaKey, ecKey], signatureRequired: true },
  rawImages: "refuse",
  stateScripts: "refuse",
  payloadTypes: "rootfs-image",
  device: { type: hostileDevice.type, provides: hostileDevice.provides },
  slotBytes: hostileDevice.slotBytes,
  program,
};

/** Keeps what it is given, as a slot does; `begun` is what was known before the first byte. */
export class MemorySink implements PayloadSink {
  readonly #pieces: Uint8Array[] = [];
  begun: PayloadStart | undefined;

  begin(payload: PayloadStart): void {
    if (this.begun !== undefined) throw new Error("Cannot begin: it has begun");
    this.begun = payload;
  }

  async write(chunk: Uint8Array): Promise<void> {
    if (this.begun === undefined) throw new Error("Cannot write: it has not begun");
    // Late, so that a buffer that is used again too early shows.
    await Promise.resolve();
    this.#pieces.push(chunk.slice());
  }

  get pieceBytes(): number[] {
    return this.#pieces.map((piece) => piece.byteLength);
  }

  get bytes(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.#pieces));
  }
}

/** Gives at most so many bytes at a time. */
export function chunked(bytes: Uint8Array, chunkBytes: number = bytes.byteLength): ByteSource {
  let at = 0;
  return {
    read(into) {
      const piece = bytes.subarray(at, at + Math.min(chunkBytes, into.byteLength));
      into.set(piece);
      at += piece.byteLength;
      return piece.byteLength;
    },
  };
}

export interface Outcome {
  readonly report: UpgradeReport | undefined;
  readonly error: ArtifactError | undefined;
  readonly sink: MemorySink;
}

/** Reads with a sink; what is not an ArtifactError is an error of the test. */
export async function attempt(
  source: ByteSource | Uint8Array,
  options: Partial<ReadUpgradeOptions> = {},
): Promise<Outcome> {
  const sink = new MemorySink();
  try {
    const from = source instanceof Uint8Array ? chunked(source) : source;
    return { report: await readUpgrade(from, { ...strict, sink, ...options }), error: undefined, sink };
  } catch (error) {
    if (error instanceof ArtifactError) return { report: undefined, error, sink };
    throw error;
  }
}

/** "structure" and so on, or "taken". */
export async function kindOf(bytes: Uint8Array, options: Partial<ReadUpgradeOptions> = {}): Promise<string> {
  return (await attempt(bytes, options)).error?.kind ?? "taken";
}

export async function artifactOf(
  bytes: Uint8Array,
  options: Partial<ReadUpgradeOptions> = {},
): Promise<ArtifactReport> {
  const { report, error } = await attempt(bytes, options);
  if (report?.kind === "artifact") return report;
  throw error ?? new Error(`Cannot see an artifact: it was taken for a ${report?.kind}`);
}
