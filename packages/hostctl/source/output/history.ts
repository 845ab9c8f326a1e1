import type { HistoryEntry } from "@host-service/protocol";
import { alignColumns } from "./columns.ts";
import { printable } from "./printable.ts";
import { duration, minute, shortId, version } from "./words.ts";

export function historyLines(history: readonly HistoryEntry[]): string[] {
  const rows = history.map((entry) => [
    minute(entry.at),
    printable(entry.container),
    entry.action,
    entry.result,
    version(entry.version),
    shortId(entry.imageId) || "-",
    printable(entry.caller),
    entry.durationMs === undefined ? "-" : duration(entry.durationMs),
    printable(entry.why ?? ""),
  ]);
  return alignColumns([
    ["WHEN", "CONTAINER", "ACTION", "RESULT", "VERSION", "IMAGE", "CALLER", "TOOK", "WHY"],
    ...rows,
  ]);
}
