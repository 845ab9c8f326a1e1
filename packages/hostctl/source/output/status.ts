import type { ContainerStatus, SlotSummary, SystemStatus, TrialStatus, UnitStatus } from "@host-service/protocol";
import { alignColumns } from "./columns.ts";
import { printable } from "./printable.ts";
import { minute, shortId, version } from "./words.ts";

/** The host's own, with what else there is to know of it. */
export function systemLines(status: SystemStatus): string[] {
  const floor = status.floor === undefined ? [] : [`floor:      version ${printable(status.floor)}`];
  return [...statusLines(status), ...floor, `back end:   ${printable(status.backend)}`];
}

/** The state word alone, so that `| head -1` is enough for a script; then what a person wants to know. */
export function statusLines(status: ContainerStatus): string[] {
  const slots = alignColumns([
    ["running:  ", ...slotCells(status.running, "nothing")],
    ["next boot:", ...slotCells(status.nextBoot, "nothing")],
    ["other:    ", ...slotCells(status.other, "nothing")],
  ]);
  const lines = [status.state, ...slots, `why:        ${printable(status.why)}`];
  if (status.bootsLeft !== undefined && status.bootsLeft > 0) {
    const boots = status.bootsLeft === 1 ? "one more boot" : `${status.bootsLeft} more boots`;
    lines.push(`trial:      has ${boots} before it is rolled back`);
  }
  if (status.unit !== undefined) lines.push(`unit:       ${unitWords(status.unit)}`);
  if (status.trial !== undefined) lines.push(...trialLines(status.trial));
  if (status.ready !== undefined) lines.push(`guest:      ${status.ready ? "says that it is ready" : "is not ready"}`);
  if (!status.resolved) lines.push("waiting:    the boot hook has not run in this boot; nothing can be changed before");
  if (status.operation !== undefined) lines.push(`operation:  ${printable(status.operation)} is running`);
  return lines;
}

function unitWords({ state, since, ended }: UnitStatus): string {
  const at = since === undefined ? "" : ` since ${minute(since)}`;
  if (ended === undefined) return `${state}${at}`;
  const when = ended.at === undefined ? "" : ` at ${minute(ended.at)}`;
  return `${state}${at}; it ended last ${printable(ended.how)}${when}`;
}

function trialLines({ commit, endsAt, passes, passesWanted, problem }: TrialStatus): string[] {
  const lines: string[] = [];
  if (endsAt !== undefined) lines.push(`trial:      ends at ${minute(endsAt)}, unless it is committed before`);
  if (commit === "manual" || passesWanted === undefined) return lines;
  const last = problem === undefined ? "" : `; ${printable(problem)}`;
  lines.push(`health:     passed ${passes ?? 0} of ${passesWanted} times in a row${last}`);
  return lines;
}

function slotCells(slot: SlotSummary | undefined, absent: string): string[] {
  if (slot === undefined) return [absent];
  const staged = slot.stagedAt === undefined ? "" : `staged ${minute(slot.stagedAt)}`;
  const signed = signedRemark(slot.signer);
  const broken = slot.bootable ? "" : "cannot be booted";
  const remarks = [staged, signed, broken].filter((remark) => remark !== "").join(", ");
  return [`slot ${slot.slot}`, version(slot.version), shortId(slot.imageId), remarks];
}

function signedRemark(signer: SlotSummary["signer"]): string {
  if (signer === undefined) return "";
  return `signed by ${printable(signer.keyId)}${signer.verified ? "" : " (not verified)"}`;
}
