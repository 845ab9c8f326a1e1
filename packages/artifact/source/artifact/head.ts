// The part of an artifact that is small and signed: everything up to the payload, in the order of the specification's section 5.
import { refusal, shown } from "../refusal.ts";
import type { ArtifactLimits } from "../limits.ts";
import { checkSignature } from "../key/signature.ts";
import type { ArtifactKey } from "../key/artifact-key.ts";
import type { SignaturePolicy } from "../options.ts";
import type { ArtifactContents } from "../report.ts";
import { memorySource } from "../sources.ts";
import type { ByteSource } from "../streams.ts";
import { TarArchive } from "../tar/tar-archive.ts";
import type { MemberHeader } from "../tar/strict-header.ts";
import { type Decoders, compressionOf, openMember } from "./compressed-member.ts";
import { type HeaderContents, readHeader } from "./header.ts";
import { type Manifest, parseManifest } from "./manifest.ts";
import { checkVersion } from "./version.ts";

export interface HeadRules {
  readonly limits: ArtifactLimits;
  readonly decoders: Decoders;
  readonly policy: SignaturePolicy;
}

export interface Head {
  readonly contents: ArtifactContents;
  /** The digests of the payload's files by their names. */
  readonly files: Manifest["files"];
  /** Which has signed it; undefined where that was not verified. */
  readonly key: ArtifactKey | undefined;
}

/** Reads up to the payload. Throws ArtifactError. */
export async function readHead(archive: TarArchive, { limits, decoders, policy }: HeadRules): Promise<Head> {
  const version = await readMember(archive, await expect(archive, "version"), limits.versionBytesMax);
  checkVersion(version);
  const manifestBytes = await readMember(archive, await expect(archive, "manifest"), limits.manifestBytesMax);
  const manifest = parseManifest(manifestBytes);
  let member = await nextMember(archive, manifest.header.name);
  let key: ArtifactKey | undefined;
  const isSigned = member.name === "manifest.sig";
  if (isSigned) {
    const signature = await readMember(archive, member, limits.signatureBytesMax);
    if (policy.keys.length > 0) key = checkSignature(manifestBytes, signature, policy.keys);
    member = await nextMember(archive, manifest.header.name);
  } else if (policy.signatureRequired && member.name === manifest.header.name) {
    throw refusal("signature", "it is not signed, and a signature is required; sign it with hostctl image sign");
  }
  if (member.name !== manifest.header.name) throw misplaced(member.name, manifest.header.name);
  checkSum(version, { name: "version", sha256: manifest.version });
  const headerBytes = await readMember(archive, member, limits.headerBytesMax);
  checkSum(headerBytes, manifest.header);
  const header = await readPacked(headerBytes, manifest.header.name, { limits, decoders });
  const contents = { ...header, isSigned, manifestSha256: sha256(manifestBytes) };
  return { contents, files: manifest.files, key };
}

/** The next member, which there has to be; the ones that no signature covers are refused by name. */
export async function nextMember(archive: TarArchive, wanted: string): Promise<MemberHeader> {
  const member = await archive.next();
  if (member === undefined) throw refusal("structure", `the file ends where ${shown(wanted)} has to be`);
  const { name } = member;
  if (name === "manifest-augment" || name.startsWith("header-augment.tar")) {
    throw refusal("unsupported", `it is an augmented artifact (${shown(name)}), and no signature covers that`);
  }
  if (/^data\/(?!0000\.)\d{4}\.tar/u.test(name)) {
    throw refusal("unsupported", `it has more than one payload (${shown(name)})`);
  }
  return member;
}

export function misplaced(name: string, wanted: string): Error {
  return refusal("structure", `unexpected member ${shown(name)} where ${shown(wanted)} has to be`);
}

async function expect(archive: TarArchive, wanted: string): Promise<MemberHeader> {
  const member = await nextMember(archive, wanted);
  if (member.name !== wanted) throw misplaced(member.name, wanted);
  return member;
}

async function readMember(archive: TarArchive, { name, bytes }: MemberHeader, bytesMax: number): Promise<Uint8Array> {
  if (bytes <= bytesMax) return await archive.readAll();
  throw refusal("limit", `${shown(name)} is ${bytes} bytes, at most ${bytesMax} are allowed`);
}

function checkSum(bytes: Uint8Array, { name, sha256: expected }: { name: string; sha256: string }): void {
  if (sha256(bytes) === expected) return;
  throw refusal("checksum", `SHA-256 of ${name} differs from the manifest`);
}

async function readPacked(
  packed: Uint8Array,
  name: string,
  { limits, decoders }: Omit<HeadRules, "policy">,
): Promise<HeaderContents> {
  const compression = compressionOf(name, "header.tar") ?? "none";
  const member = { name, bytes: packed.byteLength, compression, kind: "header" } as const;
  const { source, close } = await openMember(memorySource(packed), member, decoders);
  try {
    const rules = { kind: "header", cutOffKind: "header", what: name } as const;
    const bytesMax = limits.headerUnpackedBytesMax;
    const archive = new TarArchive(limited(source, bytesMax, name), rules);
    return await readHeader(archive, { membersMax: limits.headerMembersMax, bytesMax });
  } finally {
    await close();
  }
}

function limited(source: ByteSource, bytesMax: number, name: string): ByteSource {
  let total = 0;
  return {
    async read(into) {
      const got = await source.read(into);
      total += got;
      if (total <= bytesMax) return got;
      throw refusal("limit", `${name} unpacks to more than the ${bytesMax} bytes that are allowed`);
    },
  };
}

function sha256(bytes: Uint8Array): string {
  return new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
}
