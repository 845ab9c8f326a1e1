export type { BootReport, ContainerBoot } from "./boot-report.ts";
export { listContainers, sweepRemoved } from "./container.ts";
export { currentNotePath, currentPath } from "./current.ts";
export { SlotsError } from "./error.ts";
export type { RefusalReason, SlotsErrorKind } from "./error.ts";
export type { IdRange } from "./ids/id-range.ts";
export type { TakeLock } from "./ledger.ts";
export type { Stop } from "./move.ts";
export { imageIdOf } from "./manifest.ts";
export type { ImageDigests, SlotManifest } from "./manifest.ts";
export { containerDirectory, isContainerName } from "./place.ts";
export type { Collection } from "./place.ts";
export type { BootRecord, Outcome } from "./record.ts";
export { resolveBoot } from "./resolve-boot.ts";
export type { ResolveBootOptions } from "./resolve-boot.ts";
export { rootIdOf } from "./root-id.ts";
export { findRunningSlot } from "./running-slot.ts";
export type { RunningSlot, RunningSlotOptions } from "./running-slot.ts";
export { forgetAllSnapshots } from "./forget-snapshots.ts";
export { seedSlot } from "./seed.ts";
export type { SeedOptions } from "./seed.ts";
export {
  dropSnapshotsOf,
  putBackSnapshots,
  readSnapshots,
  setAsideSnapshots,
  takeSnapshots,
  trialOf,
} from "./snapshots.ts";
export type { SnapshotPlace, SnapshotSet, TakeOptions } from "./snapshots.ts";
export { openSlots } from "./slots.ts";
export type { Slots, SlotsOptions } from "./slots.ts";
export type { Staging } from "./staging.ts";
export { otherSlot } from "./state.ts";
export type { SlotName, SlotReference, State } from "./state.ts";
export type { SlotSummary, StatusReport } from "./status.ts";
export { commit } from "./transitions/commit.ts";
export type { CommitOptions } from "./transitions/commit.ts";
export { dropForInstall, installed } from "./transitions/install.ts";
export type { TrialEnd } from "./transitions/end-trial.ts";
export { rollback } from "./transitions/rollback.ts";
export type { RollbackOptions } from "./transitions/rollback.ts";
export { openSystemLedger, pageOf } from "./system/system-ledger.ts";
export type { SystemLedger, SystemLedgerOptions, SystemPage } from "./system/system-ledger.ts";
export type { SystemContents, SystemImage, SystemRecord } from "./system/system-record.ts";
export { systemReport } from "./system/system-status.ts";
export type { SystemReport } from "./system/system-status.ts";
export { resolveSystemBoot } from "./transitions/system-boot.ts";
export type { BootFacts, SystemResolution } from "./transitions/system-boot.ts";
