// From the configuration to the host's system: its record, its boot loader, and the back end that installs.
import { realDisk } from "@host-service/disk";
import { openSystemLedger } from "@host-service/slots";
import { openSystem } from "@host-service/upgrade";
import type { HostSystem, Installer } from "@host-service/upgrade";
import type { Configuration } from "../configuration/configuration.ts";
import { bootLoaderOf } from "./open-boot-loader.ts";
import { installerOf } from "./open-installer.ts";
import type { SystemRequest } from "./open-installer.ts";
import { loadSystemPolicy } from "./system-policy.ts";

export interface SystemParts {
  host: HostSystem;
  installer: Installer<SystemRequest>;
  backend: string;
  allowDowngrade: boolean;
}

export interface OpenSystemOptions {
  configuration: Configuration;
  bootId: string;
  program: readonly string[];
}

/** Undefined where the configuration has no [upgrade]. Throws ConfigurationError, or what is wrong with a key. */
export async function openSystemParts(options: OpenSystemOptions): Promise<SystemParts | undefined> {
  const { configuration, bootId, program } = options;
  const { upgrade, stateDirectory, verify, file, limits } = configuration;
  const policy = await loadSystemPolicy(verify.system, file);
  if (upgrade === undefined) return undefined;
  const now = () => new Date();
  const ledger = openSystemLedger({ disk: realDisk, stateDirectory, bootId, now });
  const bootLoader = bootLoaderOf(upgrade);
  return {
    host: openSystem({ ledger, bootLoader, bootId, now }),
    installer: installerOf(upgrade, { policy, program, stallTimeoutMs: limits.stallTimeoutMs }),
    backend: upgrade.backend,
    allowDowngrade: upgrade.allowDowngrade,
  };
}
