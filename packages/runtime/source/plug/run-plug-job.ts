// The daemon's half: a child does it, since whoever enters the mounts of a container does not come back.
import { RuntimeError } from "../error.ts";
import type { Wanted } from "../plan/plan-of.ts";
import { setUnitProperties } from "../run/set-properties.ts";
import { runProgram } from "../units/run-program.ts";
import { devicePropertiesOf } from "../units/unit-properties.ts";
import type { Pluggable, PlugRequest } from "./request.ts";

const timeoutMs = 20_000;
const hostMounts = "/proc/1/ns/mnt";

export interface PlugOptions extends Omit<PlugRequest, "what" | "verb" | "hostMounts"> {
  name: string;
  device: string;
  /** The argv that starts this program again. */
  program: readonly string[];
}

/** What a device is in a plan; undefined where it is of a type that comes with a start only. */
function pluggableOf({ mounts, nodes }: Pick<Wanted, "mounts" | "nodes">, device: string): Pluggable | undefined {
  const mount = mounts.find((one) => one.device === device);
  if (mount !== undefined) return { kind: "mount", mount: { ...mount, source: { ...mount.source } } };
  const node = nodes.find((one) => one.device === device);
  return node === undefined ? undefined : { kind: "node", node: { ...node } };
}

interface Plans {
  before: Wanted;
  after: Wanted;
}

/** Only `after` has the device. Throws RuntimeError; then the container is as it was. */
export async function plugDevice(
  { before, after }: Plans,
  { name, device, program, ...request }: PlugOptions,
): Promise<void> {
  const what = requiredOf(after, device, "add");
  try {
    await allow(name, after, what);
    await runJob({ ...request, hostMounts, verb: "in", what }, program);
  } catch (error) {
    await allow(name, before, what);
    throw error;
  }
}

/** Only `before` has the device. */
export async function unplugDevice(
  { before, after }: Plans,
  { name, device, program, ...request }: PlugOptions,
): Promise<void> {
  const what = requiredOf(before, device, "remove");
  await runJob({ ...request, hostMounts, verb: "out", what }, program);
  await allow(name, after, what);
}

function requiredOf(plan: Wanted, device: string, verb: "add" | "remove"): Pluggable {
  const what = pluggableOf(plan, device);
  if (what !== undefined) return what;
  const why = "a nic comes and goes with a start of the container; stop it first (hostctl container stop)";
  throw new RuntimeError("not-supported", `Cannot ${verb} the device "${device}" while the container runs: ${why}`);
}

/** The unit's rules for devices: of a disk nothing changes. */
async function allow(name: string, plan: Wanted, what: Pluggable): Promise<void> {
  if (what.kind === "node") await setUnitProperties(name, devicePropertiesOf(plan));
}

async function runJob(request: PlugRequest, program: readonly string[]): Promise<void> {
  const ending = await runProgram([...program, "job", "plug", JSON.stringify(request)], { timeoutMs });
  if (ending.exitCode === 0) return;
  const said = ending.isLate ? "it did not end in time" : (sentenceIn(ending.output) ?? ending.said);
  const message = said.startsWith("Cannot ") ? said : `Cannot change the devices of the container: ${said}`;
  throw new RuntimeError("not-supported", message);
}

function sentenceIn(output: string): string | undefined {
  const line = output.split("\n")[0] ?? "";
  const value: unknown = line.startsWith('"') ? JSON.parse(line) : undefined;
  return typeof value === "string" ? value : undefined;
}
