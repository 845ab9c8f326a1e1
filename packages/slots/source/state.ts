// What a record can say, as values. The references of one state never name the same slot twice: that is what keeps a
// running slot from being written, and every transition as well as the record's reader checks it.
import type { SlotManifest } from "./manifest.ts";

/** What is known of an image, whatever kind it is. */
export type ImageFacts = Pick<SlotManifest, "version" | "signer"> & {
  trial: Pick<SlotManifest["trial"], "boots">;
} & Partial<Pick<SlotManifest, "stagedAt" | "entries" | "bytes" | "metadata">>;

export type SlotName = "a" | "b";

/** Stands for the id of what a slot of the system holds without our having written it: nobody has measured it. */
export const factoryImageId = "factory";

/** An image in a slot. It exists only while the slot's `slot.json` carries this very image id. */
export interface SlotReference {
  slot: SlotName;
  imageId: string;
}

export type State =
  | { name: "empty" }
  | { name: "normal"; active: SlotReference; previous?: SlotReference | undefined }
  | { name: "pending"; active?: SlotReference | undefined; candidate: SlotReference }
  | { name: "trying"; active: SlotReference; fallback?: SlotReference | undefined; bootsLeft: number }
  | {
      name: "rollback";
      active: SlotReference;
      fallback?: SlotReference | undefined;
      /** Why what runs is left, where more is known than that somebody asked for it; a clause. */
      why?: string | undefined;
    };

/** What the transitions may know of the world: whose record it is, and what lies in the slots. */
export interface Subject {
  name: string;
  /** In a sentence: `"edge"`, `the system`. */
  title: string;
  /** What a person types to change it: "hostctl container". */
  command: string;
  /** What is known of what a reference names, or undefined where the slot does not hold it (any more). */
  manifestOf(reference: SlotReference): ImageFacts | undefined;
}

/** How something ended, before the writer adds version and time. */
export interface Ending {
  result: "committed" | "rolled-back" | "cancelled" | "failed";
  reference?: SlotReference;
  why: string;
}

export interface Transition {
  state: State;
  ending?: Ending;
}

export function otherSlot(slot: SlotName): SlotName {
  return slot === "a" ? "b" : "a";
}

/** The slot that runs in the boot in which the record was resolved. */
export function runningOf(state: State): SlotReference | undefined {
  switch (state.name) {
    case "empty":
      return undefined;
    case "normal":
    case "pending":
    case "trying":
    case "rollback":
      return state.active;
  }
}

/**
 * What the `committed` link says in each state: the image that a boot ends on when nobody decides anything more.
 * It is a function of the state alone, so that a link that lags behind its record can always be repaired. In `rollback`
 * it is therefore the fallback, also when somebody left a committed image by asking for the previous one.
 */
export function committedOf(state: State): SlotReference | undefined {
  switch (state.name) {
    case "empty":
      return undefined;
    case "normal":
    case "pending":
      return state.active;
    case "trying":
    case "rollback":
      return state.fallback;
  }
}

/** What the first hook of the next boot will choose, as long as its slot is whole. */
export function nextBootOf(state: State): SlotReference | undefined {
  switch (state.name) {
    case "empty":
      return undefined;
    case "normal":
      return state.active;
    case "pending":
      return state.candidate;
    case "trying":
      return state.bootsLeft > 0 ? state.active : state.fallback;
    case "rollback":
      return state.fallback;
  }
}

export function referencesOf(state: State): SlotReference[] {
  switch (state.name) {
    case "empty":
      return [];
    case "normal":
      return state.previous === undefined ? [state.active] : [state.active, state.previous];
    case "pending":
      return state.active === undefined ? [state.candidate] : [state.active, state.candidate];
    case "trying":
    case "rollback":
      return state.fallback === undefined ? [state.active] : [state.active, state.fallback];
  }
}

/** Whether no slot is named twice. */
export function isSound(state: State): boolean {
  const [first, second] = referencesOf(state);
  return first === undefined || second === undefined || first.slot !== second.slot;
}

export function normalOrEmpty(active: SlotReference | undefined): State {
  return active === undefined ? { name: "empty" } : { name: "normal", active };
}
