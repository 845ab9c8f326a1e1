export { SlotsError } from "./error.ts";
export type { RefusalReason, SlotsErrorKind } from "./error.ts";
export { imageIdOf, slotManifest } from "./manifest.ts";
export type { ImageDigests, SlotManifest } from "./manifest.ts";
export type { BootRecord, Outcome } from "./record.ts";
export type { SlotName, SlotReference, State } from "./state.ts";
