import type { ImageSummary, Metadata } from "@host-service/archive";
import type { Needs } from "@host-service/runtime";
import type { ImageManifest, Signer } from "@host-service/signature";
import { alignColumns } from "./columns.ts";
import { printable } from "./printable.ts";
import { size, version } from "./words.ts";

/** What an image file is, then what its config.yaml says of it, then its parts. */
export function imageLines(summary: ImageSummary): string[] {
  const rows = [
    ["kind:", summary.kind],
    ["size:", size(summary.bytes)],
    ["sha256:", summary.sha256],
  ];
  if (summary.kind === "archive") {
    return alignColumns([...rows, ["format:", summary.format], ["unpacked:", unpacked(summary)]]);
  }
  const { config } = summary;
  rows.push(["name:", printable(config.name ?? "-")], ["version:", version(config.version)]);
  if (config.architecture !== undefined) rows.push(["for:", printable(config.architecture)]);
  if (config.runtime !== undefined && config.runtime !== "none") rows.push(["run by:", config.runtime]);
  if (config.description !== undefined) rows.push(["about:", printable(config.description)]);
  if (summary.kind === "config") return alignColumns(rows);
  const parts = summary.parts.map((part) => [
    `  ${printable(part.name)}`,
    size(part.bytes),
    "format" in part ? `unpacked ${unpacked(part)}` : "",
    `sha256 ${part.sha256}`,
  ]);
  return [...alignColumns(rows), "parts:", ...alignColumns(parts)];
}

/** What its host would have to grant, as the host's configuration has it. TOML's arrays and strings of these are JSON's. */
export function needsLines(needs: Needs | undefined, summary: ImageSummary): string[] {
  if (needs === undefined || summary.kind === "archive") return [];
  const grants = Object.entries(needs.grant).map(([key, value]) => printable(`  ${key} = ${JSON.stringify(value)}`));
  const heading = `needs, in the configuration of its host: [containers.${printable(summary.config.name ?? "edge")}]`;
  return [
    ...(grants.length === 0 ? [] : [heading, ...grants]),
    ...(needs.problem === undefined ? [] : [`problem: ${printable(needs.problem)}`]),
  ];
}

/** What the signature says; what is not verified is only what the image says of itself. */
export function signedLines(manifest: ImageManifest | undefined, signer: Signer | undefined): string[] {
  if (manifest === undefined || signer === undefined) return [];
  return alignColumns([
    ["manifest:", `${printable(manifest.name)} ${printable(manifest.version)}`],
    ["signed by:", signer.verified ? signer.keyId : `${signer.keyId}, not verified`],
    ["comment:", printable(signer.trustedComment)],
  ]);
}

/** What an install would do with the metadata archive, and what it would not. */
export function metadataLines(metadata: Metadata | undefined): string[] {
  if (metadata === undefined) return [];
  const { convention, properties, templates, excludes, ignored, warnings } = metadata;
  const listed = (names: readonly string[]) => names.map(printable).join(", ");
  const rows: [string, string][] = [
    ["metadata:", convention],
    ["  about:", printable(properties["description"] ?? "")],
    ["  templates:", listed(templates.map(({ path }) => path))],
    ["  left out:", listed(excludes)],
    ["  ignored:", listed(ignored)],
    ...warnings.map((warning): [string, string] => ["  warning:", printable(warning)]),
  ];
  return alignColumns(rows.filter(([, text]) => text !== ""));
}

function unpacked(archive: { unpackedBytes?: number; isLowerBound: boolean }): string {
  if (archive.unpackedBytes === undefined) return "not stated";
  return `${archive.isLowerBound ? "at least " : ""}${size(archive.unpackedBytes)}`;
}
