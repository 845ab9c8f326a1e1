// What the boot hook decided, in the history: the hook itself writes no history, as the daemon is its only writer.
import type { ContainerStatus, HistoryEntry, PortableStatus } from "@host-service/protocol";
import type { History } from "../history.ts";
import { recordOf } from "../portable/portable.ts";
import type { System } from "../system/system.ts";
import type { Containers } from "./containers.ts";

export async function recordBootOutcomes(options: {
  containers: Pick<Containers, "statuses">;
  system: Pick<System, "isConfigured" | "status">;
  history: History;
  bootId: string;
}): Promise<void> {
  const { containers, system, history, bootId } = options;
  const statuses: ContainerStatus[] = await containers.statuses();
  if (system.isConfigured) statuses.push(await system.status());
  for (const { name, outcome } of statuses) {
    // The daemon itself ended that trial, in the boot in which it began.
    const isTold = ({ action, imageId, at }: HistoryEntry, { at: since, imageId: ended }: Outcome) =>
      action === "end-trial" && imageId === ended && at >= since;
    await recordOutcome({ name, outcome, isTold }, { history, bootId });
  }
}

/** Of portable services, once what they run is as their records say: a trial also ends in the attach or the rollback that says so itself. */
export async function recordPortableOutcomes(
  services: readonly Pick<PortableStatus, "name" | "outcome">[],
  where: { history: History; bootId: string },
): Promise<void> {
  const isTold = ({ action, at }: HistoryEntry, { at: since }: Outcome) =>
    (action === "attach" || action === "rollback") && at >= since;
  for (const { name, outcome } of services) await recordOutcome({ name: recordOf(name), outcome, isTold }, where);
}

type Outcome = NonNullable<ContainerStatus["outcome"]>;

interface Ended {
  /** In the history. */
  name: string;
  outcome: Outcome | undefined;
  /** Whether an entry of the history has said it already. */
  isTold: (entry: HistoryEntry, outcome: Outcome) => boolean;
}

async function recordOutcome(
  { name, outcome, isTold }: Ended,
  { history, bootId }: { history: History; bootId: string },
): Promise<void> {
  if (outcome === undefined || (outcome.result !== "rolled-back" && outcome.result !== "failed")) return;
  const earlier = await history.of(name);
  if (earlier.some((entry) => entry.action === "boot" && entry.at === outcome.at)) return;
  if (earlier.some((entry) => isTold(entry, outcome))) return;
  await history.append({
    operation: bootId,
    at: outcome.at,
    container: name,
    action: "boot",
    caller: "boot",
    result: outcome.result === "failed" ? "failed" : "done",
    code: outcome.result,
    why: outcome.why,
    ...(outcome.imageId === undefined ? {} : { imageId: outcome.imageId }),
    ...(outcome.version === undefined ? {} : { version: outcome.version }),
  });
}
