import type { FoundRecord } from "../record-file.ts";
import { describeImage } from "../describe.ts";
import { reportOf } from "../status.ts";
import type { StatusReport } from "../status.ts";
import { ignoredReturn } from "../transitions/system-boot.ts";
import { pageOf } from "./system-ledger.ts";
import type { SystemRecord } from "./system-record.ts";

export interface SystemReport extends StatusReport {
  /** The highest version that was ever committed: nothing below it is taken. */
  floor?: string;
}

/** What a person is told of the system, also while its record cannot be used. */
export function systemReport(found: FoundRecord<SystemRecord>, bootId: string): SystemReport {
  if (found.kind === "record") {
    const { floor } = found.record;
    const report = reportOf(found.record, pageOf(found.record).contents, bootId);
    const why = whyItStays(found.record, bootId) ?? report.why;
    return { ...report, why, ...(floor === undefined ? {} : { floor }) };
  }
  const why = {
    missing: "the boot hook has not run yet; run host-service boot",
    unreadable: "the record makes no sense; run host-service boot, which sets it aside",
    "later-format": "a later version of host-service wrote the record; update host-service to change anything",
  }[found.kind];
  return { name: "host", state: "normal", empty: true, why, resolved: false };
}

/** "A reboot goes back" would not be true where the boot loader has ignored that once. */
function whyItStays(record: SystemRecord, bootId: string): string | undefined {
  const { state, returning } = record;
  if (state.name !== "trying" && state.name !== "rollback") return undefined;
  if (state.fallback === undefined || returning === undefined) return undefined;
  if (record.bootId !== bootId || returning === bootId) return undefined;
  const image = describeImage(state.active, pageOf(record).contents);
  const is = state.name === "trying" ? "is on trial" : "was to be left";
  return `${image} ${is}; ${ignoredReturn(state.fallback.slot)}`;
}
