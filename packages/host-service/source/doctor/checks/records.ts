// What is installed, as the records tell: whether they can be read, and whether the hook has seen them in this boot.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseInstanceConfig } from "@host-service/archive";
import { realDisk } from "@host-service/disk";
import type { Finding } from "@host-service/protocol";
import { runtimeOf } from "@host-service/runtime";
import { containerDirectory, listContainers, openSlots, openSystemLedger } from "@host-service/slots";
import type { StatusReport } from "@host-service/slots";
import type { Configuration } from "../../configuration/configuration.ts";
import { ok, problem, reasonOf, warning } from "../finding.ts";
import type { World } from "../world.ts";
import type { Largest } from "./state.ts";

const hookNext = "run host-service boot now, and enable host-service-boot.service for the boots to come";

export interface Installed {
  findings: Finding[];
  largest: Largest | undefined;
  /** What runs a container, where we start it. */
  runtimes: ReadonlyMap<string, "nspawn" | "lxc">;
}

export async function examineRecords(world: World, configuration: Configuration): Promise<Installed> {
  const { stateDirectory } = configuration;
  const names = await listContainers({ disk: realDisk, stateDirectory });
  const seen = await Promise.all(names.map((name) => examineContainer(world, configuration, name)));
  const reports = seen.flatMap(({ report }) => report ?? []);
  const unresolved = reports.filter(({ resolved }) => !resolved).map(({ name }) => name);
  const system = configuration.upgrade === undefined ? [] : [await systemRecord(world, stateDirectory)];
  return {
    findings: [hook(reports.length, unresolved), ...seen.flatMap(({ findings }) => findings), ...system],
    largest: largestOf(reports),
    runtimes: new Map(seen.flatMap(({ runtimes }) => runtimes)),
  };
}

function hook(count: number, unresolved: readonly string[]): Finding {
  if (count === 0) return ok("boot hook", "no container is installed, so that there was nothing to do");
  if (unresolved.length === 0) return ok("boot hook", "has run in this boot");
  return problem(
    "boot hook",
    `has not resolved ${unresolved.join(", ")} in this boot: nothing can be changed`,
    hookNext,
  );
}

type Runtimes = (readonly [string, "nspawn" | "lxc"])[];

async function examineContainer(
  world: World,
  configuration: Configuration,
  name: string,
): Promise<{ findings: Finding[]; report: StatusReport | undefined; runtimes: Runtimes }> {
  const check = `container ${name}`;
  const { stateDirectory, runDirectory } = configuration;
  const directory = containerDirectory(stateDirectory, name);
  const { bootId } = world;
  const look = `look into "${directory}"`;
  try {
    const report = await openSlots({ disk: realDisk, directory, runDirectory, bootId, now: () => world.now }).status();
    const findings = [conditionOf(check, report), ...setAside(check, await readdir(directory), directory)];
    try {
      return { report, findings, runtimes: await runtimesOf(configuration, report) };
    } catch (error) {
      return { report, findings: [...findings, problem(check, reasonOf(error), look)], runtimes: [] };
    }
  } catch (error) {
    return { report: undefined, findings: [problem(check, reasonOf(error), look)], runtimes: [] };
  }
}

function conditionOf(check: string, { why, resolved, empty, nextBoot, state }: StatusReport): Finding {
  if (!resolved) return problem(check, why, "run host-service boot");
  if (nextBoot?.bootable === false) {
    return problem(check, `${why}, and slot ${nextBoot.slot} does not hold that image any more`, "install it again");
  }
  return ok(check, empty ? "nothing is installed" : `${state}: ${why}`);
}

function setAside(check: string, names: readonly string[], directory: string): Finding[] {
  const found = names.filter((name) => name.includes(".unreadable-"));
  if (found.length === 0) return [];
  const message = `${found.length === 1 ? "a record" : `${found.length} records`} made no sense and was set aside: ${found.join(", ")}`;
  return [warning(check, message, `find out what damaged it, then remove it from "${directory}"`)];
}

async function systemRecord(world: World, stateDirectory: string): Promise<Finding> {
  const check = "system record";
  const ledger = openSystemLedger({ disk: realDisk, stateDirectory, bootId: world.bootId, now: () => world.now });
  const found = await ledger.read();
  switch (found.kind) {
    case "missing":
      return problem(check, "the hook has not made it: [upgrade] is configured, and nothing can be upgraded", hookNext);
    case "unreadable":
      return problem(check, `it makes no sense (${found.problem})`, "run host-service boot, which sets it aside");
    case "later-format":
      return problem(check, "a later version of host-service wrote it", "update host-service to change anything");
    case "record":
      if (found.record.bootId === world.bootId) return ok(check, found.record.state.name);
      return problem(check, "the hook has not resolved it in this boot", hookNext);
  }
}

/** One, or none; of what runs and of what is tried next, the latter counts. */
async function runtimesOf(
  { stateDirectory, grantOf }: Configuration,
  { name, running, nextBoot }: StatusReport,
): Promise<Runtimes> {
  const slots = new Set([running, nextBoot].flatMap((summary) => summary?.slot ?? []));
  const named = [...slots].map(async (slot) => {
    const file = join(containerDirectory(stateDirectory, name), "slots", slot, "config.yaml");
    // An image that cannot be read any more is told of by its record.
    const text = await readFile(file, "utf8").catch(() => "");
    const runtime = text === "" ? "none" : runtimeOf(parseInstanceConfig(text), grantOf(name));
    return runtime === "none" ? [] : [[name, runtime] as const];
  });
  return (await Promise.all(named)).flat();
}

function largestOf(reports: readonly StatusReport[]): Largest | undefined {
  const slots = reports.flatMap(({ running, nextBoot, other }) =>
    [running, nextBoot, other].flatMap((slot) => slot ?? []),
  );
  if (slots.length === 0) return undefined;
  const most = (values: readonly (number | undefined)[]) => Math.max(...values.map((value) => value ?? 0));
  return { bytes: most(slots.map(({ bytes }) => bytes)), entries: most(slots.map(({ entries }) => entries)) };
}
