// What the boot hook decided, in the history: the hook itself writes no history, as the daemon is its only writer.
import type { ContainerStatus, HistoryEntry } from "@host-service/protocol";
import type { History } from "../history.ts";
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
    if (outcome === undefined || (outcome.result !== "rolled-back" && outcome.result !== "failed")) continue;
    const earlier = await history.of(name);
    if (earlier.some((entry) => entry.action === "boot" && entry.at === outcome.at)) continue;
    // The daemon itself ended that trial, in the boot in which it began.
    const isEnded = (entry: HistoryEntry) => entry.imageId === outcome.imageId && entry.at >= outcome.at;
    if (earlier.some((entry) => entry.action === "end-trial" && isEnded(entry))) continue;
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
}
