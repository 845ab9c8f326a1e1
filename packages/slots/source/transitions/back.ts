import { describeImage } from "../describe.ts";
import { normalOrEmpty } from "../state.ts";
import type { Ending, SlotReference, Subject, Transition } from "../state.ts";

/** From a trial to its fallback. The image that is left is dropped: a slot that failed never becomes `previous`. */
export function back(state: { fallback?: SlotReference | undefined }, subject: Subject, ending: Ending): Transition {
  const { fallback } = state;
  if (fallback === undefined) return { state: { name: "empty" }, ending };
  if (subject.manifestOf(fallback) === undefined) {
    const why = `${ending.why}, but the fallback ${describeImage(fallback, subject)} is no longer whole in slot ${fallback.slot}`;
    return { state: { name: "empty" }, ending: { ...ending, result: "failed", why } };
  }
  return { state: normalOrEmpty(fallback), ending };
}
