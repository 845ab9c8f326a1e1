// The back end that the configuration names, as something that takes what a caller gave.
import {
  menderBackend,
  partitionsInstaller,
  raucBackend,
  swupdateBackend,
  verifyArtifact,
} from "@host-service/upgrade";
import type { HandedImage, Installer, Terms, UpgradeSource } from "@host-service/upgrade";
import type { UpgradeConfiguration } from "../configuration/upgrade.ts";
import { bootEnvironmentOf, commandOf } from "./open-boot-loader.ts";
import { rawImageRules } from "./raw-images.ts";
import type { UpgradeTerms } from "./receive-upgrade.ts";
import type { SystemPolicy } from "./system-policy.ts";

export interface SystemRequest extends UpgradeTerms {
  /** What the running image provides. */
  provides: Readonly<Record<string, string>>;
}

interface InstallerOptions {
  policy: SystemPolicy;
  program: readonly string[];
  stallTimeoutMs: number;
}

export function installerOf(upgrade: UpgradeConfiguration, options: InstallerOptions): Installer<SystemRequest> {
  switch (upgrade.backend) {
    case "partitions":
      return partitions(upgrade, options);
    case "rauc":
      return handing(raucBackend({ ...commandOf(upgrade), slots: upgrade.devices }).installer);
    case "swupdate": {
      const { command, devices, slotNames } = upgrade;
      const bootEnvironment = bootEnvironmentOf(upgrade);
      return handing(swupdateBackend({ command, devices, slotNames, bootEnvironment }).installer);
    }
    case "mender":
      return mender(upgrade, options);
  }
}

function partitions(
  upgrade: Extract<UpgradeConfiguration, { backend: "partitions" }>,
  { policy, program, stallTimeoutMs }: InstallerOptions,
): Installer<SystemRequest> {
  const installer = partitionsInstaller({ program, stallTimeoutMs, slots: upgrade.devices });
  return {
    ...installer,
    async install(source, request, options) {
      const now = new Date();
      const { version, verify, ...rules } = rawImageRules(policy, request, now);
      const terms = { ...artifactTerms(upgrade, policy, { request, now }), ...rules };
      const image = await installer.install(
        source,
        { ...terms, ...(verify === undefined ? {} : { verifyRaw: verify }) },
        {
          ...options,
          // A raw image says nothing of itself; what its signature says holds once that is verified.
          beforeWriting: (said) =>
            options.beforeWriting(said?.name === undefined && version !== undefined ? { version } : said),
        },
      );
      return image.name === undefined && version !== undefined ? { ...image, version } : image;
    },
  };
}

/** The client is handed what was verified here, and verifies it again by its own settings. */
function mender(
  upgrade: Extract<UpgradeConfiguration, { backend: "mender" }>,
  { policy, program, stallTimeoutMs }: InstallerOptions,
): Installer<SystemRequest> {
  const { devices } = upgrade;
  const { installer } = menderBackend({ ...commandOf(upgrade), devices, bootEnvironment: bootEnvironmentOf(upgrade) });
  return {
    ...installer,
    async install(source, request, options) {
      const { file, handed } = inboxFile(source);
      const terms = artifactTerms(upgrade, policy, { request, now: new Date() });
      const verification = { program, terms, payloadTypes: "any", stallTimeoutMs, ...options } as const;
      const { provides, warnings, ...artifact } = await verifyArtifact(file, verification);
      const image = await installer.install(source, { ...handed, ...artifact }, options);
      return { ...image, provides, warnings: [...warnings, ...image.warnings] };
    },
  };
}

/** A tool with images of its own kind, which it verifies itself. */
function handing(installer: Installer<HandedImage>): Installer<SystemRequest> {
  return {
    ...installer,
    install: (source, _request, options) => installer.install(source, inboxFile(source).handed, options),
  };
}

function inboxFile(source: UpgradeSource): { file: Extract<UpgradeSource, { kind: "file" }>; handed: HandedImage } {
  if (source.kind === "file" && source.sha256 !== undefined) {
    return { file: source, handed: { imageId: `sha256:${source.sha256}` } };
  }
  throw new Error("Invariant: a tool gets a file of the inbox");
}

function artifactTerms(
  { deviceType, provides: factory }: UpgradeConfiguration,
  policy: SystemPolicy,
  { request, now }: { request: SystemRequest; now: Date },
): Omit<Terms, "rawImages"> {
  const { fileName, sha256, provides } = request;
  return {
    ...(fileName === undefined ? {} : { fileName }),
    ...(sha256 === undefined ? {} : { expectedSha256: sha256 }),
    keys: policy.artifactKeys(now).map(({ pem, subject }) => ({ pem, subject })),
    signatureRequired: policy.signatureRequired,
    ...(deviceType === undefined ? {} : { device: { type: deviceType, provides: { ...factory, ...provides } } }),
  };
}
