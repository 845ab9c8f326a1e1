// Knows the order of the checks. What one of them needs and does not find is its finding, and never the end of the others.
import type { DoctorReport, Finding } from "@host-service/protocol";
import type { Configuration } from "../configuration/configuration.ts";
import { examineBootEnvironment } from "./checks/boot-environment.ts";
import { examineKeys } from "./checks/configuration.ts";
import { examineInbox } from "./checks/inbox.ts";
import { examineKernel } from "./checks/kernel.ts";
import { examineProcess } from "./checks/process.ts";
import { examinePrograms } from "./checks/programs.ts";
import { examineRecords } from "./checks/records.ts";
import { examineState } from "./checks/state.ts";
import { examineUnits } from "./checks/units.ts";
import { ok, problem, reasonOf } from "./finding.ts";
import type { World } from "./world.ts";

export interface Examined {
  /** Or what is wrong with it. */
  configuration: Configuration | Error;
  /** Of the configuration file. */
  path: string;
  /** Found before: that the daemon does not answer. */
  before?: readonly Finding[];
}

export async function examineHost(world: World, { configuration, path, before = [] }: Examined): Promise<DoctorReport> {
  const findings = [...before, ...(await examineAll(world, configuration, path))];
  return { ok: findings.every(({ status }) => status !== "problem"), findings };
}

async function examineAll(world: World, configuration: Configuration | Error, path: string): Promise<Finding[]> {
  if (configuration instanceof Error) {
    const invalid = problem("configuration", configuration.message, "correct it; host-service check-config checks it");
    return [invalid, ...(await examineMachine(world, []))];
  }
  const { stateDirectory } = configuration;
  const installed = await examineRecords(world, configuration).catch((error: unknown) => ({
    findings: [problem("records", reasonOf(error), `run this as root, or look into "${stateDirectory}"`)],
    largest: undefined,
    runtimes: new Map<string, string>(),
  }));
  const { findings, largest, runtimes } = installed;
  return [
    ok("configuration", `"${path}"`),
    ...(await guarded("keys", () => examineKeys(configuration))),
    ...(await examineMachine(world, runtimes.keys())),
    ...(await guarded("programs", () => examinePrograms(world, runtimes.values()))),
    ...(await guarded("state", () => examineState(world, configuration, largest))),
    ...(await guarded("inbox", async () => [await examineInbox(world, stateDirectory)])),
    ...findings,
    ...(await guarded("boot environment", () => examineBootEnvironment(configuration))),
    ...(await guarded("process", () => examineProcess(world, stateDirectory))),
  ];
}

/** What can be looked at whatever the configuration says. */
async function examineMachine(world: World, containers: Iterable<string>): Promise<Finding[]> {
  const kernel = await guarded("kernel", () => examineKernel(world));
  return [...kernel, ...(await guarded("units", () => examineUnits(world, containers)))];
}

async function guarded(check: string, examine: () => Promise<Finding[]>): Promise<Finding[]> {
  return await examine().catch((error: unknown) => [unforeseen(check, error)]);
}

function unforeseen(check: string, error: unknown): Finding {
  return problem(check, `it could not be looked at: ${reasonOf(error)}`, "report this, with the message");
}
