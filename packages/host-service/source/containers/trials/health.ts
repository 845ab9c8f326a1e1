// The health check of an image: its own command, run inside the container.
import type { InstanceConfig } from "@host-service/archive";
import { commandInside, UnitError } from "@host-service/runtime/units";
import type { ContainerUnits } from "@host-service/runtime/units";
import { runCheck } from "../../trials/run-check.ts";
import { inWords } from "./in-words.ts";

export type Health = NonNullable<InstanceConfig["trial"]["health"]>;

const checkTimeoutMs = 30_000;

/** Undefined when it passed; otherwise how it failed, in one line. */
export async function checkHealth(
  name: string,
  { command }: Health,
  { units, signal }: { units: ContainerUnits; signal: AbortSignal },
): Promise<string | undefined> {
  try {
    const { pid } = await units.status(name);
    if (pid === undefined) return "the container does not run";
    const late = AbortSignal.timeout(checkTimeoutMs);
    const inside = commandInside(name, pid, command);
    const failure = await runCheck(inside, AbortSignal.any([signal, late]), { called: command });
    if (failure === undefined || !late.aborted) return failure;
    return `${JSON.stringify(command.join(" "))} took longer than ${inWords(checkTimeoutMs)}`;
  } catch (error) {
    if (error instanceof UnitError) return error.kind === "not-running" ? "its init has not come up" : error.message;
    throw error;
  }
}
