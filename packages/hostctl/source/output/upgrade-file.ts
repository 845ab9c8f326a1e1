// How an artifact, a set of them or a raw image looks to a person.
import type {
  ArtifactDescription,
  ArtifactReport,
  RawReport,
  UpgradeDescription,
  UpgradeReport,
} from "@host-service/artifact";
import type { Signer } from "@host-service/signature";
import { alignColumns } from "./columns.ts";
import { printable } from "./printable.ts";
import { size } from "./words.ts";

type Artifact = ArtifactDescription | ArtifactReport;

/** What `image inspect` prints: nobody has verified any of it. */
export function descriptionLines(description: UpgradeDescription, bytes: number): string[] {
  if (description.kind === "raw") return [];
  if (description.kind === "artifact") {
    const head = [
      ["kind:", "Mender artifact"],
      ["size:", size(bytes)],
    ];
    return artifactLines(description, head);
  }
  const head = alignColumns([
    ["kind:", "set of Mender artifacts"],
    ["size:", size(bytes)],
    ["members:", String(description.members.length)],
  ]);
  const members = description.members.flatMap(({ file, artifact }) => [
    "",
    ...artifactLines(artifact, [["member:", printable(file)]]),
  ]);
  return [...head, ...members];
}

export function rawLines({ bytes, sha256 }: RawReport): string[] {
  return alignColumns([
    ["kind:", "raw image"],
    ["size:", size(bytes)],
    ["sha256:", sha256],
    ["signed:", "not in itself; a signature of minisign may lie beside it"],
  ]);
}

/** What `image verify` prints below its OK. */
export function verifiedLines(report: UpgradeReport, signer: Signer | undefined): string[] {
  switch (report.kind) {
    case "artifact":
      return alignColumns(verifiedRows(report));
    case "set":
      return report.members.flatMap(({ file, artifact }) =>
        alignColumns([
          [`${printable(file)}:`, ""],
          ...verifiedRows(artifact).map(([name, value]) => [`  ${name}`, value]),
        ]),
      );
    case "raw":
      return alignColumns([
        ["sha256:", report.sha256],
        ["signed by:", signer === undefined ? "nobody who is known here" : signer.keyId],
        ...(signer === undefined ? [] : [["comment:", printable(signer.trustedComment)]]),
      ]);
  }
}

function verifiedRows({ name, deviceTypes, keyFingerprint, scripts }: ArtifactReport): [string, string][] {
  return [
    ["artifact:", printable(name)],
    ["for:", list(deviceTypes)],
    ["signed by:", keyFingerprint ?? "nobody who is known here"],
    ...(scripts.length === 0
      ? []
      : [["scripts:", `${list(scripts)}; a host has to allow them`] satisfies [string, string]]),
  ];
}

function artifactLines(artifact: Artifact, head: string[][]): string[] {
  const rows = [
    ...head,
    ["name:", printable(artifact.name)],
    ...(artifact.group === undefined ? [] : [["group:", printable(artifact.group)]]),
    ["for:", list(artifact.deviceTypes)],
    ["signed:", artifact.isSigned ? "yes, not verified here; hostctl image verify does that" : "no"],
    ["payload:", `${printable(artifact.payloadType)}, ${packing[artifact.compression]}`],
    ...Object.entries(artifact.depends).map(([key, values]) => [
      "needs:",
      `${printable(key)} ${values.map(printable).join(" or ")}`,
    ]),
    ...Object.entries(artifact.provides).map(([key, value]) => ["provides:", `${printable(key)} ${printable(value)}`]),
    ...(artifact.clearsProvides.length === 0 ? [] : [["clears:", list(artifact.clearsProvides)]]),
    ...(artifact.scripts.length === 0 ? [] : [["scripts:", list(artifact.scripts)]]),
  ];
  const files = artifact.files.map(({ file, bytes, sha256 }) => [
    `  ${printable(file)}`,
    bytes === undefined ? "" : size(bytes),
    `sha256 ${sha256}`,
  ]);
  return [...alignColumns(rows), "files:", ...alignColumns(files)];
}

const packing = { none: "not compressed", gzip: "gzip", xz: "xz", zstd: "zstd" } as const;

function list(values: readonly string[]): string {
  return values.map(printable).join(", ");
}
