// The second half of an install, and of a seed: the parts are verified, now they become a slot. Until the record says so
// nothing has changed but what the state table drops first; whatever fails before leaves no bytes behind.
import { ArchiveError, unpack } from "@host-service/archive";
import type { InstanceConfig, UnpackReport } from "@host-service/archive";
import type { Grant } from "@host-service/runtime";
import { imageIdOf } from "@host-service/slots";
import type { SlotManifest, Staging, StatusReport } from "@host-service/slots";
import type { Limits } from "../configuration/configuration.ts";
import type { Operation } from "../operations/operation.ts";
import { checkFits, metaLimits, tellAbout } from "./check-image.ts";
import { checkRootfs, checkRuntime } from "./check-runtime.ts";
import type { RuntimeContext } from "./check-runtime.ts";
import type { ImageParts } from "./receive.ts";

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
  const wanted = checkRuntime(config, { name, grant: context.grantOf(name), host: context.host });
  await checkFits(image, { directory: context.stateDirectory, limits: context.limits });
  operation.throwIfCancelled();
  const staging = await options.open();
  try {
    const report = await unpackParts(image.parts, { staging, operation, context });
    checkRootfs(wanted, { rootfs: staging.rootfs, config, host: context.host });
    await staging.writeFile("config.yaml", image.parts.config.text);
    const manifest = manifestOf(image, report);
    operation.beginRecording();
    const status = await staging.complete(manifest);
    return { status, manifest, warnings: [...staging.warnings, ...losses(report)] };
  } finally {
    await staging.abandon();
  }
}

async function unpackParts(
  parts: ImageParts,
  options: { staging: Staging; operation: Operation; context: StageContext },
): Promise<UnpackReport> {
  const { staging, operation, context } = options;
  const { limits, program } = context;
  const into = { program, lockFd: staging.lockFd, signal: operation.signal };
  if (parts.meta !== undefined) {
    const meta = { ...into, archive: parts.meta, directory: staging.metaDirectory, limits: metaLimits };
    await unpack(meta).catch((error: unknown) => Promise.reject(tellAbout("the metadata", error)));
  }
  const report = await unpack({
    ...into,
    archive: parts.rootfs,
    directory: staging.rootfs,
    limits: { entriesMax: limits.entriesMax, unpackedBytesMax: limits.unpackedBytesMax },
    onProgress: ({ entries, bytes }) => operation.report({ phase: "unpack", part: "the rootfs", entries, bytes }),
  }).catch((error: unknown) => Promise.reject(tellAbout("the rootfs", error)));
  // Zeros are an archive as well, to every tar; booted they are nothing.
  if (report.entries === 0)
    throw new ArchiveError("not-an-archive", "Cannot unpack the rootfs: there are no files in it");
  return report;
}

function manifestOf({ name, parts, config }: Image, report: UnpackReport): SlotManifest {
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
    trial: config.trial,
    entries: report.entries,
    bytes: report.bytes,
    ...(parts.statement.signer === undefined ? {} : { signer: { ...parts.statement.signer } }),
    stagedAt: new Date().toISOString(),
    ...(owners + devices + xattrs === 0 ? {} : { notKept: { owners, devices, xattrs } }),
  };
}

/** What a daemon without root could not keep, as a sentence. */
function losses({ notKept }: UnpackReport): string[] {
  const kinds: [number, string][] = [
    [notKept.owners, "owners"],
    [notKept.devices, "device nodes"],
    [notKept.xattrs, "extended attributes"],
  ];
  const lost = kinds.filter(([count]) => count > 0).map(([count, kind]) => `${count} ${kind}`);
  if (lost.length === 0) return [];
  const examples = notKept.examples.map((name) => JSON.stringify(name)).join(", ");
  return [`host-service does not run as root and could not keep ${lost.join(", ")}, such as of ${examples}`];
}
