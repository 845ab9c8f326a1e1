import { closeSync, fstatSync } from "node:fs";
import { parseInstanceConfig } from "../config/instance-config.ts";
import type { InstanceConfig } from "../config/instance-config.ts";
import { measure } from "../decode/measure.ts";
import { readAt } from "../decode/read-at.ts";
import type { Extent } from "../decode/read-at.ts";
import { headBytes, recognise, recogniseAt } from "../decode/recognise.ts";
import type { ArchiveFormat } from "../decode/recognise.ts";
import { ArchiveError } from "../error.ts";
import { terminatedByteString } from "../tar/byte-string.ts";
import { openRegular } from "./pack-bundle.ts";
import { partBytesMax, roleOf } from "./part-names.ts";
import { readBundle } from "./read-bundle.ts";
import { summarise } from "./summarise.ts";
import type { FileSummary } from "./summarise.ts";

interface ArchiveSummary extends FileSummary {
  format: ArchiveFormat;
  /** As the archive states it; missing when it does not. For gzip it is a lower bound. */
  unpackedBytes?: number;
  isLowerBound: boolean;
}

export type PartSummary = ({ name: string } & FileSummary) | ({ name: string } & ArchiveSummary);

export type ImageSummary =
  | ({ kind: "bundle"; parts: PartSummary[]; config: InstanceConfig } & FileSummary)
  | ({ kind: "archive" } & ArchiveSummary)
  | ({ kind: "config"; config: InstanceConfig } & FileSummary);

/** What an image file is and says, read once, in constant memory. Throws ArchiveError. */
export function inspectImage(path: string): ImageSummary {
  const fd = openRegular(path);
  try {
    const whole = { offset: 0, bytes: fstatSync(fd).size };
    const head = readAt(fd, { offset: 0, bytes: Math.min(headBytes, whole.bytes) });
    if (looksLikeText(head)) {
      return { kind: "config", ...summarise(fd, whole), config: readConfig(fd, whole) };
    }
    const format = recognise(head);
    if (format === "tar" && isBundle(head)) return inspectBundle(fd, whole);
    return { kind: "archive", ...summariseArchive(fd, whole) };
  } finally {
    closeSync(fd);
  }
}

function inspectBundle(fd: number, whole: Extent): ImageSummary {
  const bundle = readBundle(fd, whole.bytes);
  const parts = bundle.parts.map((part) => {
    const isArchive = part.role === "rootfs" || part.role === "meta";
    return { name: part.name, ...(isArchive ? summariseArchive(fd, part) : summarise(fd, part)) };
  });
  return { kind: "bundle", ...summarise(fd, whole), parts, config: readConfig(fd, bundle.config) };
}

function summariseArchive(fd: number, extent: Extent): ArchiveSummary {
  const format = recogniseAt(fd, extent);
  const { size, unpackedBytes } = measure(fd, { offset: extent.offset, bytes: extent.bytes }, format);
  const measured = unpackedBytes === undefined ? {} : { unpackedBytes };
  return { ...summarise(fd, extent), format, ...measured, isLowerBound: size === "at-least" };
}

function readConfig(fd: number, { offset, bytes }: Extent): InstanceConfig {
  if (bytes > partBytesMax.config)
    throw new ArchiveError("config", "Cannot read config.yaml: it is larger than 1024 KiB");
  try {
    return parseInstanceConfig(new TextDecoder("utf-8", { fatal: true }).decode(readAt(fd, { offset, bytes })));
  } catch (error) {
    if (error instanceof ArchiveError) throw error;
    throw new ArchiveError("config", "Cannot read config.yaml: it is not text in UTF-8", { cause: error });
  }
}

/** The first member decides: no root file system begins with one of these. */
function isBundle(head: Uint8Array): boolean {
  const name = terminatedByteString(head.subarray(0, 100)).replace(/^(?:\.\/)+/u, "");
  return roleOf(name) !== undefined;
}

function looksLikeText(head: Uint8Array): boolean {
  return head.byteLength > 0 && !head.some((byte) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d);
}
