// The metadata archive of an image on its way into a slot: read before the root file system, since it says what is left out of that;
// applied to it after; and noted in `meta/meta.json`, for who runs the container and who asks.
import { machine } from "node:os";
import {
  ArchiveError,
  applyTemplates,
  metaBytesMax,
  metaFile,
  metaLimits,
  readMetadata,
  unpack,
} from "@host-service/archive";
import type { Applied, IdRange, InstanceConfig, Metadata } from "@host-service/archive";
import type { SlotManifest, Staging } from "@host-service/slots";
import type { Operation } from "../operations/operation.ts";
import { tellAbout } from "./check-image.ts";
import type { RuntimeContext } from "./check-runtime.ts";
import type { ArchivePart } from "./receive.ts";

export interface MetadataTarget {
  name: string;
  config: InstanceConfig;
  host: RuntimeContext["host"];
  ids: IdRange | undefined;
  staging: Staging;
  operation: Operation;
  program: readonly string[];
}

export async function unpackMetadata(archive: ArchivePart, target: MetadataTarget): Promise<Metadata> {
  const { name, config, host, ids, staging, operation, program } = target;
  await unpack({
    program,
    lockFd: staging.lockFd,
    signal: operation.signal,
    archive,
    directory: staging.metaDirectory,
    limits: metaLimits,
    plainOnly: true,
  }).catch((error: unknown) => Promise.reject(tellAbout("the metadata", error)));
  return readMetadata(staging.metaDirectory, {
    name,
    unprivileged: ids !== undefined,
    architecture: host === "this" ? machine() : (config.architecture ?? machine()),
    metaDirectory: staging.metaDirectory,
    rootfs: staging.rootfs,
    now: new Date(),
    hostMounts: hostMountsOf(config),
  });
}

/** Into the unpacked root. Answers what a person is told. */
export async function applyMetadata(
  metadata: Metadata,
  target: MetadataTarget,
  noted: { sha256: string; excluded: number },
): Promise<string[]> {
  const { ids, staging, operation, program } = target;
  const applied = await applyTemplates({
    program,
    directory: staging.rootfs,
    templates: metadata.templates,
    ids,
    lockFd: staging.lockFd,
    signal: operation.signal,
  });
  await staging.writeFile(`meta/${metaFile}`, noteText(metadata, applied, noted));
  return [...metadata.warnings, ...warningsOf(metadata, applied)];
}

/** For `slot.json`. */
export function summaryOf({ convention, properties }: Metadata): NonNullable<SlotManifest["metadata"]> {
  // A few keys that images have; all of them are in meta.json.
  const shown = ["os", "release", "variant", "description", "name", "serial"];
  const known = Object.fromEntries(Object.entries(properties).filter(([key]) => shown.includes(key)));
  return { convention, ...(Object.keys(known).length === 0 ? {} : { properties: known }) };
}

/** Whoever runs the container reads it whole. */
function noteText(...of: Parameters<typeof noteOf>): string {
  const text = `${JSON.stringify(noteOf(...of), undefined, 2)}\n`;
  if (Buffer.byteLength(text) <= metaBytesMax) return text;
  const why = `its names and settings come to more than ${metaBytesMax} bytes; leave some out`;
  throw new ArchiveError("config", `Cannot read meta.tar.xz: ${why}`);
}

/** `meta.json`. Its `hints` are what a runtime may be told. */
function noteOf(
  metadata: Metadata,
  applied: Applied,
  { sha256, excluded }: { sha256: string; excluded: number },
): object {
  const { convention, members, used, ignored, hints, mounts, properties } = metadata;
  return {
    format: 1,
    convention,
    sha256,
    members,
    used,
    ignored,
    excluded,
    templates: { applied: applied.applied, skipped: applied.skipped },
    hints,
    mounts,
    properties,
  };
}

const ignoredShownMax = 20;

function warningsOf({ ignored }: Metadata, { skipped, hostWords }: Applied): string[] {
  const shown = ignored.slice(0, ignoredShownMax).join(", ");
  const rest = ignored.length - ignoredShownMax;
  const more = rest > 0 ? ` and ${rest} more` : "";
  return [
    ...(ignored.length === 0 ? [] : [`of the metadata is ignored: ${shown}${more}`]),
    ...skipped.map(({ path, why }) => `Skipped template ${path}: ${why}`),
    ...hostWords.map((word) => `a template keeps the word ${word}: folders of the host have no place in a container`),
  ];
}

function hostMountsOf({ devices }: InstanceConfig): { source: string; target: string }[] {
  return Object.values(devices).flatMap((device) =>
    device.type === "disk" && device.source.startsWith("/") ? [{ source: device.source, target: device.path }] : [],
  );
}
