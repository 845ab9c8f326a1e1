// The back end that the configuration names, as something that takes what a caller gave.
import { menderBackend, partitionsInstaller, raucBackend, swupdateBackend } from "@host-service/upgrade";
import type { HandedImage, Installer } from "@host-service/upgrade";
import type { UpgradeConfiguration } from "../configuration/upgrade.ts";
import { bootEnvironmentOf, commandOf } from "./open-boot-loader.ts";
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
      return handing(raucBackend({ ...commandOf(upgrade), slots: upgrade.devices }).installer, (handed) => handed);
    case "swupdate": {
      const { command, devices } = upgrade;
      const bootEnvironment = bootEnvironmentOf(upgrade);
      return handing(swupdateBackend({ command, devices, bootEnvironment }).installer, (handed) => handed);
    }
    case "mender": {
      const { devices } = upgrade;
      const bootEnvironment = bootEnvironmentOf(upgrade);
      const { installer } = menderBackend({ ...commandOf(upgrade), devices, bootEnvironment });
      return handing(installer, (handed) => ({ ...handed, payloadType: "rootfs-image" }));
    }
  }
}

function partitions(
  upgrade: Extract<UpgradeConfiguration, { backend: "partitions" }>,
  { policy, program, stallTimeoutMs }: InstallerOptions,
): Installer<SystemRequest> {
  const installer = partitionsInstaller({ program, stallTimeoutMs, slots: upgrade.devices });
  const { rawImages, images } = policy;
  return {
    ...installer,
    install: (source, { fileName, sha256, provides }, options) =>
      installer.install(
        source,
        {
          ...(fileName === undefined ? {} : { fileName }),
          ...(sha256 === undefined ? {} : { expectedSha256: sha256 }),
          keys: [],
          signatureRequired: images.signatureRequiredBy !== undefined,
          rawImages: rawImages === "accept" || (rawImages === "digest" && sha256 !== undefined) ? "take" : "refuse",
          device: { type: upgrade.deviceType ?? "", provides },
        },
        options,
      ),
  };
}

/** A tool is handed the file, and told what is known of it. */
function handing<Request>(
  installer: Installer<Request>,
  told: (handed: HandedImage) => Request,
): Installer<SystemRequest> {
  return {
    ...installer,
    async install(source, _request, options) {
      if (source.kind !== "file" || source.sha256 === undefined)
        throw new Error("Invariant: a tool gets a file of the inbox");
      return await installer.install(source, told({ imageId: `sha256:${source.sha256}` }), options);
    },
  };
}
