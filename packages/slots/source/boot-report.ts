import type { Outcome } from "./record.ts";
import type { State } from "./state.ts";
import type { SlotSummary } from "./status.ts";

export interface BootReport {
  bootId: string;
  /** In the order of their names. */
  containers: ContainerBoot[];
  /** False when something failed, so that the units can see it. */
  ok: boolean;
}

/** What the hook did for one container. */
export interface ContainerBoot {
  name: string;
  did:
    | "resolved"
    /** An earlier hook of this boot had done it, or there was nothing to do. */
    | "unchanged"
    /** The record was missing or made no sense; it was made anew from the committed image. */
    | "restored"
    /** The record is of a later format; the committed image starts. */
    | "left-alone"
    /** It was what a first install had left when it was cut off. */
    | "swept"
    /** The record could not be locked, read or written; the committed image starts. */
    | "started-committed"
    | "nothing";
  state: State["name"];
  /** What `.current` points to, or would if its slot were whole. */
  running?: SlotSummary;
  /** What ended with this boot. */
  outcome?: Outcome;
  /** What is wrong, also where it did not fail. */
  problem?: string;
  /** Whether a person has to look at it. */
  failed: boolean;
}
