// A signature is put into an artifact, or takes the place of the one there: everything else stays byte for byte what it was.
import { type KeyObject, createPublicKey, randomBytes } from "node:crypto";
import { type FileHandle, open, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { blockBytes } from "@host-service/archive";
import { realDisk } from "@host-service/disk";
import { compressionOf } from "../artifact/compressed-member.ts";
import { nextMember } from "../artifact/head.ts";
import { readArtifact } from "../artifact/read-artifact.ts";
import { parseArtifactKey } from "../key/artifact-key.ts";
import { signManifest } from "../key/signature.ts";
import { limitsOf } from "../limits.ts";
import { recogniseUpgrade } from "../recognise.ts";
import { refusal, shown } from "../refusal.ts";
import type { ArtifactReport } from "../report.ts";
import { descriptorSource } from "../sources.ts";
import type { ByteSource } from "../streams.ts";
import { TarArchive } from "../tar/tar-archive.ts";
import { renamedHeader } from "../tar/renamed-header.ts";

const chunkBytes = 1024 * 1024;
const rules = { kind: "structure", cutOffKind: "truncated", what: "the file" } as const;

interface SignOptions {
  /** Of `parseSigningKey`. */
  readonly key: KeyObject;
  /** The file that is written, whole and durable or not at all; it may be the artifact itself. */
  readonly out: string;
  /** The argv that starts this program, for the decoders. */
  readonly program: readonly string[];
}

/** What it is that was signed. Throws ArtifactError, also where the artifact is damaged: that is not signed. */
export async function signArtifact(path: string, { key, out, program }: SignOptions): Promise<ArtifactReport> {
  const partial = `${out}.${randomBytes(6).toString("hex")}.partial`;
  const file = await open(path, "r");
  try {
    const { mode } = await file.stat();
    await write(file, { partial, key, mode: mode & 0o777 });
    const report = await verify(partial, key, program);
    // The point of no return.
    await realDisk.rename(partial, out);
    await realDisk.sync(dirname(out));
    return report;
  } finally {
    await file.close();
    await rm(partial, { force: true });
  }
}

async function write(
  file: FileHandle,
  { partial, key, mode }: { partial: string; key: KeyObject; mode: number },
): Promise<void> {
  const { before, manifest, block, behindAt } = await takeApart(file);
  const signature = Buffer.from(signManifest(manifest, key));
  const padding = Buffer.alloc((blockBytes - (signature.byteLength % blockBytes)) % blockBytes);
  const header = renamedHeader(block, { name: "manifest.sig", bytes: signature.byteLength });
  const target = await open(partial, "wx", mode);
  try {
    // The process's umask has taken from the mode that the artifact had.
    await target.chmod(mode);
    await target.writeFile(Buffer.concat([before, header, signature, padding]));
    const chunk = new Uint8Array(chunkBytes);
    for (let at = behindAt; ;) {
      const { bytesRead } = await file.read(chunk, 0, chunkBytes, at);
      if (bytesRead === 0) break;
      await target.writeFile(chunk.subarray(0, bytesRead));
      at += bytesRead;
    }
    await target.sync();
  } finally {
    await target.close();
  }
}

interface Parts {
  /** Up to where the signature belongs. */
  readonly before: Uint8Array;
  readonly manifest: Uint8Array;
  /** The tar header of the manifest. */
  readonly block: Uint8Array;
  /** Where the header of the artifact begins, behind a signature that is there. */
  readonly behindAt: number;
}

async function takeApart(file: FileHandle): Promise<Parts> {
  const source = new RecordingSource(file);
  const first = new Uint8Array(blockBytes);
  await file.read(first, 0, blockBytes, 0);
  const kind = recogniseUpgrade(first);
  if (kind === "set") throw refusal("unsupported", "it is a set; sign the artifacts in it, and make it again");
  const archive = new TarArchive(source, rules);
  const limits = limitsOf();
  await readBounded(archive, "version", limits.versionBytesMax);
  const manifestAt = source.at;
  const manifest = await readBounded(archive, "manifest", limits.manifestBytesMax);
  let member = await nextMember(archive, "the header");
  const signatureAt = source.at - blockBytes;
  if (member.name === "manifest.sig") {
    if (member.bytes > limits.signatureBytesMax) throw refusal("limit", `manifest.sig is ${member.bytes} bytes`);
    await archive.readAll();
    member = await nextMember(archive, "the header");
  }
  if (compressionOf(member.name, "header.tar") === undefined) {
    throw refusal("structure", `unexpected member ${shown(member.name)} where the header has to be`);
  }
  const whole = source.bytes();
  // The padding of version lies before the header of manifest.
  const blockAt = Math.ceil(manifestAt / blockBytes) * blockBytes;
  return {
    before: whole.subarray(0, signatureAt),
    manifest,
    block: whole.subarray(blockAt, blockAt + blockBytes),
    behindAt: source.at - blockBytes,
  };
}

async function readBounded(archive: TarArchive, name: string, bytesMax: number): Promise<Uint8Array> {
  const member = await nextMember(archive, name);
  if (member.name !== name)
    throw refusal("structure", `unexpected member ${shown(member.name)} where ${name} has to be`);
  if (member.bytes <= bytesMax) return await archive.readAll();
  throw refusal("limit", `${name} is ${member.bytes} bytes, at most ${bytesMax} are allowed`);
}

/** Reads from the beginning, and keeps what was read: some kilobytes. */
class RecordingSource implements ByteSource {
  readonly #file: FileHandle;
  readonly #pieces: Uint8Array[] = [];
  at = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async read(into: Uint8Array): Promise<number> {
    const { bytesRead } = await this.#file.read(into, 0, into.byteLength, this.at);
    this.#pieces.push(into.slice(0, bytesRead));
    this.at += bytesRead;
    return bytesRead;
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#pieces);
  }
}

/** What was written is read as a host will read it, before it gets its name. */
async function verify(path: string, key: KeyObject, program: readonly string[]): Promise<ArtifactReport> {
  const pem = createPublicKey(key).export({ type: "spki", format: "pem" });
  const limits = limitsOf();
  const file = await open(path, "r");
  try {
    return await readArtifact(new TarArchive(descriptorSource(file.fd), rules), {
      limits,
      decoders: { program, xzMemoryBytesMax: limits.xzMemoryBytesMax },
      policy: { keys: [parseArtifactKey(pem, "the public key")], signatureRequired: true },
      payloadTypes: "any",
      slotBytes: undefined,
      stateScripts: "ignore",
      admit: () => undefined,
    });
  } finally {
    await file.close();
  }
}
