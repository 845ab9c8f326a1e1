// The second half of an install, and of a seed: the parts are verified, now they become a slot. Until the record says so
// nothing has changed but what the state table drops first; whatever fails before leaves no bytes behind.
import { ArchiveError, unpack } from "@host-service/archive";
import type { IdRange, InstanceConfig, Metadata, UnpackReport } from "@host-service/archive";
import type { Grant, Wanted } from "@host-service/runtime";
import { containerDirectory, imageIdOf } from "@host-service/slots";
import type { SlotManifest, Staging, StatusReport } from "@host-service/slots";
import { realDisk } from "@host-service/disk";
import type { Limits } from "../configuration/configuration.ts";
import { effectiveOf, undoIn } from "../guests/effective.ts";
import { emptyLive, lookAtLive } from "../guests/live.ts";
import type { Operation } from "../operations/operation.ts";
import { checkFits, tellAbout } from "./check-image.ts";
import { checkRootfs, checkRuntime, unusedOf } from "./check-runtime.ts";
import type { RuntimeContext } from "./check-runtime.ts";
import { bytesKept, keepImage } from "./keep-image.ts";
import { lossesOf } from "./losses.ts";
import type { ImageParts } from "./receive.ts";
import { costOfSnapshots } from "./snapshot-cost.ts";
import { applyMetadata, summaryOf, unpackMetadata } from "./stage-metadata.ts";
import type { MetadataTarget } from "./stage-metadata.ts";

export interface Image {
  name: string;
  parts: ImageParts;
  config: InstanceConfig;
  /** What lies in the slot now, and goes before the image comes. */
  bytesReclaimed: number;
}

export interface StageContext {
  limits: Limits;
  program: readonly string[];
  stateDirectory: string;
  /** What the container's config.yaml may ask for. */
  grantOf: (name: string) => Grant;
  /** Whether its archives stay in the slot. */
  keepsImages?: boolean;
  /** "another": the image is for a device whose own image is being built here. */
  host: RuntimeContext["host"];
}

export interface Staged {
  status: StatusReport;
  manifest: SlotManifest;
  warnings: string[];
}

/** `open` drops what lies in the slot and opens it; it is called when everything that can be checked before was. */
export async function stageImage(
  image: Image,
  options: { open: () => Promise<Staging>; operation: Operation; context: StageContext },
): Promise<Staged> {
  const { operation, context } = options;
  const { name, config } = image;
  // What was set live counts on top of each image.
  const live = (await lookAtLive(realDisk, containerDirectory(context.stateDirectory, name))) ?? emptyLive;
  const effective = effectiveOf(config, live);
  const runtime: RuntimeContext = {
    name,
    grant: context.grantOf(name),
    host: context.host,
    undoOf: undoIn(live, name),
  };
  const wanted = checkRuntime(effective, runtime);
  const keeps = context.keepsImages === true;
  const fitting = { directory: context.stateDirectory, limits: context.limits };
  await checkFits({ ...image, bytesBeside: keeps ? bytesKept(image.parts) : 0 }, fitting);
  operation.throwIfCancelled();
  const staging = await options.open();
  try {
    const ids = needsIds(wanted) ? await staging.allocateIds() : undefined;
    const unpacked = await unpackParts(image, { ids, staging, operation, context });
    const meta = unpacked.metadata && { ...unpacked.metadata.hints, mounts: unpacked.metadata.mounts };
    checkRootfs(effective, { ...runtime, rootfs: staging.rootfs, meta });
    const kept = keeps ? await keepImage(image.parts, staging) : [];
    await staging.writeFile("config.yaml", image.parts.config.text);
    const manifest = manifestOf(image, unpacked);
    operation.beginRecording();
    const status = await staging.complete(manifest);
    const costs = await costOfSnapshots(wanted, context.stateDirectory);
    const unused = unusedOf(wanted, meta);
    return { status, manifest, warnings: [...staging.warnings, ...unpacked.warnings, ...unused, ...kept, ...costs] };
  } finally {
    await staging.abandon();
  }
}

interface Unpacked {
  report: UnpackReport;
  ids: IdRange | undefined;
  metadata: Metadata | undefined;
  warnings: string[];
}

/**
 * A privileged container is the host's root, so that its owners are the archive's; so are those of a container that the host's
 * own units run, as nobody would tell the kernel of a range.
 */
function needsIds(wanted: Wanted | undefined): boolean {
  return wanted !== undefined && !wanted.privileged;
}

/** The metadata comes first, as it says what is left out of the root, and last, as it says what is edited there. */
async function unpackParts(
  image: Image,
  options: { ids: IdRange | undefined; staging: Staging; operation: Operation; context: StageContext },
): Promise<Unpacked> {
  const { parts, name, config } = image;
  const { ids, staging, operation, context } = options;
  const { program, host } = context;
  const target = { name, config, host, ids, staging, operation, program };
  const metadata = parts.meta && (await unpackMetadata(parts.meta, target));
  const report = await unpackRootfs(parts, { ...target, limits: context.limits, metadata });
  const warnings = lossesOf(report, ids !== undefined);
  if (parts.meta !== undefined && metadata !== undefined) {
    const noted = { sha256: parts.meta.sha256, excluded: report.excluded };
    warnings.push(...(await applyMetadata(metadata, target, noted)));
  }
  return { report, ids, metadata, warnings };
}

async function unpackRootfs(
  parts: ImageParts,
  target: MetadataTarget & { limits: Limits; metadata: Metadata | undefined },
): Promise<UnpackReport> {
  const { staging, operation, program, ids, limits, metadata } = target;
  const excludes = metadata?.excludes ?? [];
  const report = await unpack({
    program,
    lockFd: staging.lockFd,
    signal: operation.signal,
    archive: parts.rootfs,
    directory: staging.rootfs,
    limits: { entriesMax: limits.entriesMax, unpackedBytesMax: limits.unpackedBytesMax },
    ids,
    ...(excludes.length === 0 ? {} : { excludes }),
    onProgress: ({ entries, bytes }) => operation.report({ phase: "unpack", part: "the rootfs", entries, bytes }),
  }).catch((error: unknown) => Promise.reject(tellAbout("the rootfs", error)));
  // Zeros are an archive as well, to every tar; booted they are nothing.
  if (report.entries === 0)
    throw new ArchiveError("not-an-archive", "Cannot unpack the rootfs: there are no files in it");
  return report;
}

function manifestOf({ name, parts, config }: Image, { report, ids, metadata }: Unpacked): SlotManifest {
  const digestOf = (part: { sha256: string }) => `sha256:${part.sha256}`;
  const digests = {
    config: digestOf(parts.config),
    rootfs: digestOf(parts.rootfs),
    ...(parts.meta === undefined ? {} : { meta: digestOf(parts.meta) }),
  };
  const { owners, devices, xattrs } = report.notKept;
  return {
    format: 1,
    imageId: imageIdOf(digests),
    name,
    ...(config.version === undefined ? {} : { version: config.version }),
    ...(config.architecture === undefined ? {} : { architecture: config.architecture }),
    digests,
    trial: trialOf(config),
    entries: report.entries,
    bytes: report.bytes,
    ...(parts.statement.signer === undefined ? {} : { signer: { ...parts.statement.signer } }),
    stagedAt: new Date().toISOString(),
    ...(ids === undefined ? {} : { ids: { base: ids.base, count: ids.count } }),
    ...(metadata === undefined ? {} : { metadata: summaryOf(metadata) }),
    ...(owners + devices + xattrs === 0 ? {} : { notKept: { owners, devices, xattrs } }),
  };
}

/** What the boot hook has to know; how the image is watched stands in its config.yaml. */
function trialOf({ trial: { boots, commit, timeoutMs } }: InstanceConfig): SlotManifest["trial"] {
  return { boots, commit, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
}
