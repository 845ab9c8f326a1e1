// One artifact from its first member to its last byte (specification, section 5). The first failure ends it.
import { refusal, shown } from "../refusal.ts";
import type { ReadUpgradeOptions, SignaturePolicy } from "../options.ts";
import type { ArtifactContents, ArtifactDescription, ArtifactReport, Compression } from "../report.ts";
import type { PayloadSink } from "../streams.ts";
import { fill } from "../sources.ts";
import { TarArchive } from "../tar/tar-archive.ts";
import { type OpenMember, compressionOf, openMember } from "./compressed-member.ts";
import { type Head, type HeadRules, misplaced, nextMember, readHead } from "./head.ts";
import { nextFile, readPayload } from "./payload.ts";

export interface ArtifactRules extends HeadRules, Pick<ReadUpgradeOptions, "payloadTypes" | "slotBytes"> {
  /** "ignore" is for who installs nothing. */
  readonly stateScripts: ReadUpgradeOptions["stateScripts"] | "ignore";
  /** Asked when all but the payload was found good: where the image goes, or nowhere. Throws ArtifactError "incompatible". */
  readonly admit: (contents: ArtifactContents) => PayloadSink | undefined;
}

const rootImage = "rootfs-image";
const dataName = "data/0000.tar";

/** Throws ArtifactError. What was written counts only when this has resolved. */
export async function readArtifact(archive: TarArchive, rules: ArtifactRules): Promise<ArtifactReport> {
  const head = await readHead(archive, rules);
  const { contents, key } = head;
  const isRootImage = contents.payloadType === rootImage;
  checkPolicy(head, rules);
  const sink = rules.admit(contents);
  const data = await openData(archive, rules);
  try {
    const payload = {
      files: head.files,
      isRootImage,
      slotBytes: rules.slotBytes,
      sink: isRootImage && sink !== undefined ? named(sink, contents) : undefined,
    };
    const files = await readPayload(data.payload, payload);
    const behind = await archive.next();
    if (behind !== undefined) throw refusal("structure", `unexpected member ${shown(behind.name)} after the payload`);
    return {
      kind: "artifact",
      ...contents,
      payload: isRootImage ? files[0] : undefined,
      files,
      compression: data.compression,
      keyFingerprint: key?.fingerprint,
      warnings: warningsOf(contents, rules.policy),
    };
  } finally {
    await data.close();
  }
}

function named(sink: PayloadSink, artifact: ArtifactContents): PayloadSink {
  return {
    begin: (start) => sink.begin({ ...start, artifact }),
    write: (chunk) => sink.write(chunk),
    ...(sink.end === undefined ? {} : { end: sink.end.bind(sink) }),
  };
}

/** What an artifact says of itself. Its payload is passed over, and nothing of it was compared with anything. */
export async function describeArtifact(archive: TarArchive, rules: HeadRules): Promise<ArtifactDescription> {
  const { contents, files } = await readHead(archive, rules);
  const data = await openData(archive, rules);
  let first: { file: string; bytes: number } | undefined;
  try {
    const isRootImage = contents.payloadType === rootImage;
    first = await nextFile(data.payload, { files, isRootImage, slotBytes: undefined }, []);
  } finally {
    await data.close();
  }
  const sizeOf = (file: string): number | undefined => (file === first?.file ? first.bytes : undefined);
  return {
    kind: "artifact",
    ...contents,
    files: [...files].map(([file, sha256]) => ({ file, bytes: sizeOf(file), sha256 })),
    compression: data.compression,
  };
}

/** Reads to the end of a described artifact, which is needed where another one follows. */
export async function passOver(archive: TarArchive): Promise<void> {
  const buffer = new Uint8Array(1024 * 1024);
  while ((await fill(archive.contents, buffer)) > 0) continue;
  await archive.next();
}

function checkPolicy({ contents, files, key }: Head, { payloadTypes, stateScripts }: ArtifactRules): void {
  const { payloadType, scripts } = contents;
  if (payloadType !== rootImage && payloadTypes !== "any") {
    throw refusal("unsupported", `payload type ${shown(payloadType)} needs an external installer`);
  }
  if (payloadType === rootImage && files.size !== 1) {
    throw refusal("payload", `the manifest lists ${files.size} files, and a root image is one`);
  }
  const [script] = scripts;
  if (script === undefined || stateScripts === "ignore") return;
  if (stateScripts === "refuse")
    throw refusal("unsupported", `it has state scripts (${script}), which are not allowed here`);
  if (key === undefined) throw refusal("unsupported", `it has state scripts (${script}), and no verified signature`);
}

async function openData(
  archive: TarArchive,
  { decoders }: HeadRules,
): Promise<{ payload: TarArchive; compression: Compression; close: OpenMember["close"] }> {
  const { name, bytes } = await nextMember(archive, dataName);
  const compression = compressionOf(name, dataName);
  if (compression === undefined) throw misplaced(name, dataName);
  const { source, close } = await openMember(archive.contents, { name, bytes, compression, kind: "payload" }, decoders);
  const rules = { kind: "payload", cutOffKind: "payload", what: name } as const;
  return { payload: new TarArchive(source, rules), compression, close };
}

function warningsOf({ isSigned }: ArtifactContents, { keys }: SignaturePolicy): string[] {
  if (keys.length > 0) return isSigned ? [] : ["the artifact is not signed"];
  return [isSigned ? "the signature was not verified, as there are no keys" : "the artifact is not signed"];
}
