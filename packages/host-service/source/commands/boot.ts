// The boot hook. It loads the configuration, the slots and the disk, and for the host's own system what asks its boot loader:
// nothing else, as it runs before everything.
import { mkdir } from "node:fs/promises";
import { realDisk } from "@host-service/disk";
import { listContainers, openSystemLedger, resolveBoot } from "@host-service/slots";
import type { BootReport, ContainerBoot, Outcome, ResolveBootOptions } from "@host-service/slots";
import type { SystemBoot } from "@host-service/upgrade/boot";
import { kernelBootId } from "../boot-id.ts";
import { loadConfiguration } from "../configuration/configuration.ts";
import type { Configuration } from "../configuration/configuration.ts";
import { portableRunDirectory } from "../portable/run-directory.ts";
import { power } from "../power/power.ts";
import { print } from "../print.ts";
import { explain } from "./explain.ts";

/**
 * 0 when every record was resolved, 1 when a person has to look at something; the committed images run all the same. The system
 * comes last: where it has to go back, the host reboots.
 */
export async function boot(options: { configPath: string | undefined; bootId: string | undefined }): Promise<number> {
  try {
    const configuration = await loadConfiguration(options.configPath);
    const { stateDirectory, runDirectory } = configuration;
    const bootId = options.bootId ?? kernelBootId();
    const now = () => new Date();
    const report = await resolveBoot({ disk: realDisk, stateDirectory, runDirectory, bootId, now });
    for (const container of report.containers) print(describe(container.name, container));
    const services = await bootServices({ stateDirectory, runDirectory, bootId, now });
    for (const service of services.containers) print(describe(`portable/${service.name}`, service));
    const system = await bootSystem(configuration, bootId);
    if (system !== undefined) print(describe("system", system));
    return report.ok && services.ok && system?.failed !== true ? 0 : 1;
  } catch (error) {
    print(explain(error));
    return 1;
  }
}

/** Which image of each portable service is to be attached in this boot; the daemon attaches it, as that takes a bus. */
async function bootServices(options: Omit<ResolveBootOptions, "disk" | "collection">): Promise<BootReport> {
  const names = await listContainers({
    disk: realDisk,
    stateDirectory: options.stateDirectory,
    collection: "portable",
  });
  if (names.length === 0) return { bootId: options.bootId, containers: [], ok: true };
  await mkdir(options.runDirectory, { recursive: true, mode: 0o755 });
  const runDirectory = portableRunDirectory(options.runDirectory);
  return await resolveBoot({ ...options, runDirectory, disk: realDisk, collection: "portable" });
}

async function bootSystem(configuration: Configuration, bootId: string): Promise<SystemBoot | undefined> {
  const { upgrade, stateDirectory } = configuration;
  if (upgrade === undefined) return undefined;
  const { resolveSystem } = await import("@host-service/upgrade/boot");
  const { bootLoaderOf } = await import("../system/open-boot-loader.ts");
  return await resolveSystem({
    ledger: openSystemLedger({ disk: realDisk, stateDirectory, bootId, now: () => new Date() }),
    bootLoader: bootLoaderOf(upgrade),
    bootId,
    reboot: () => power("reboot", configuration.power),
  });
}

/** "edge: trying, runs slot b, version 1.1.0" and what is to be known beside it. */
function describe(
  name: string,
  boot: Pick<ContainerBoot, "problem"> & {
    state?: string;
    running?: { slot: string; version?: string };
    outcome?: Outcome;
  },
): string {
  const { running, outcome, problem } = boot;
  const state = boot.state === "empty" ? "normal" : (boot.state ?? "unknown");
  const image = running === undefined ? "runs nothing" : `runs slot ${running.slot}${versionOf(running.version)}`;
  const ended =
    outcome === undefined ? "" : `; ${outcome.result.replace("-", " ")}${versionOf(outcome.version)}: ${outcome.why}`;
  const wrong = problem === undefined || problem === outcome?.why ? "" : `; ${problem}`;
  return `${name}: ${state}, ${image}${ended}${wrong}`;
}

function versionOf(version: string | undefined): string {
  return version === undefined ? "" : `, version ${version}`;
}
