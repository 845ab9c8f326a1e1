import {
  type ArtifactContents,
  type ArtifactReport,
  parseArtifactKey,
  readUpgrade as readAndVerify,
  type UpgradeReport,
} from "@host-service/artifact";
import type { WriteRequest, WrittenImage } from "../messages.ts";
import type { SlotSink } from "./slot-sink.ts";
import type { JobSource } from "./source.ts";

/** Reads the source to its end and verifies all of it, while the sink writes. Throws ArtifactError. */
export async function readUpgrade(source: JobSource, request: WriteRequest, sink: SlotSink): Promise<WrittenImage> {
  const { terms, slot, program, blake2b512 } = request;
  const { keys, signatureRequired, ...rest } = terms;
  const report = await readAndVerify(source, {
    ...rest,
    policy: { keys: keys.map(({ pem, subject }) => parseArtifactKey(pem, subject)), signatureRequired },
    // Nobody here runs them.
    stateScripts: "refuse",
    payloadTypes: "rootfs-image",
    slotBytes: slot.bytes,
    sourceBytes: source.bytesTotal,
    program,
    blake2b512,
    sink,
  });
  return imageOf(report);
}

function imageOf(report: UpgradeReport): WrittenImage {
  switch (report.kind) {
    case "raw": {
      const { sha256, bytes, blake2b512, warnings } = report;
      return { sha256, bytes, warnings: [...warnings], ...(blake2b512 === undefined ? {} : { blake2b512 }) };
    }
    case "artifact":
      return imageOfArtifact(report, report.warnings);
    case "set":
      if (report.artifact === undefined) throw new Error("Invariant: a device was given, and one artifact is for it");
      return imageOfArtifact(report.artifact, report.warnings);
  }
}

function imageOfArtifact(artifact: ArtifactReport, warnings: readonly string[]): WrittenImage {
  const { payload, keyFingerprint: keyId, provides } = artifact;
  if (payload === undefined) throw new Error("Invariant: only root images are taken");
  const { bytes, sha256 } = payload;
  const signer = keyId === undefined ? {} : { signer: { keyId, verified: true } };
  return { ...namesOf(artifact), bytes, sha256, provides: { ...provides }, ...signer, warnings: [...warnings] };
}

/** What an image is called, and what of it is compared with a floor. */
export function namesOf({ name, provides }: ArtifactContents): { name: string; version: string } {
  return { name, version: provides["rootfs-image.version"] ?? name };
}
