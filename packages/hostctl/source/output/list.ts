import type { ContainerStatus, SlotSummary } from "@host-service/protocol";
import { alignColumns } from "./columns.ts";
import { printable } from "./printable.ts";
import { shortId, version } from "./words.ts";

export function listLines(containers: readonly ContainerStatus[]): string[] {
  const rows = containers.map((container) => [
    printable(container.name),
    container.state,
    image(container.running),
    image(container.nextBoot),
    container.unit?.state ?? "-",
  ]);
  return alignColumns([["NAME", "STATE", "RUNNING", "NEXT BOOT", "UNIT"], ...rows]);
}

function image(slot: SlotSummary | undefined): string {
  return slot === undefined ? "-" : `${version(slot.version)} (${shortId(slot.imageId)})`;
}
