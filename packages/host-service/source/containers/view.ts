// What a caller is told of a container: what its record says, what runs it, how its unit does, and how its trial goes.
import type { ContainerStatus, TrialStatus, UnitStatus } from "@host-service/protocol";
import { describeEnding, endingsPath, readEndings, UnitError } from "@host-service/runtime/units";
import type { ContainerUnits } from "@host-service/runtime/units";
import type { StatusReport } from "@host-service/slots";
import type { Operations } from "../operations/registry.ts";
import type { Lifecycle } from "./lifecycle.ts";

interface Around {
  lifecycle: Pick<Lifecycle, "runtime">;
  units: ContainerUnits;
  runDirectory: string;
  operations: Operations;
  trialOf: (name: string) => TrialStatus | undefined;
  isReady: (name: string) => boolean | undefined;
}

export async function viewOf(report: StatusReport, around: Around): Promise<ContainerStatus> {
  const { name, state } = report;
  const running = around.operations.runningFor(name);
  const runtime = await around.lifecycle.runtime(report);
  const unit = runtime === undefined || runtime === "none" ? undefined : await unitOf(name, around);
  const ready = around.isReady(name);
  const trial = state === "trying" ? around.trialOf(name) : undefined;
  return {
    ...report,
    ...(runtime === undefined ? {} : { runtime }),
    ...(unit === undefined ? {} : { unit }),
    ...(trial === undefined ? {} : { trial }),
    ...(ready === undefined ? {} : { ready }),
    ...(running === undefined ? {} : { operation: running.id }),
  };
}

/** Undefined where this host has no such unit. The last ending is the one that was noted, which a restart does not wipe out. */
async function unitOf(name: string, { units, runDirectory }: Around): Promise<UnitStatus | undefined> {
  try {
    const { state, since, ended } = await units.status(name);
    const noted = readEndings(endingsPath(runDirectory, name)).at(-1);
    const last = noted ?? ended;
    if (last === undefined) return { state, ...(since === undefined ? {} : { since }) };
    const when = noted === undefined ? {} : { at: noted.at };
    return { state, ...(since === undefined ? {} : { since }), ended: { how: describeEnding(last), ...when } };
  } catch (error) {
    if (error instanceof UnitError) return undefined;
    throw error;
  }
}
