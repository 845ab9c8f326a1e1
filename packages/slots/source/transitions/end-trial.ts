import { refused } from "../error.ts";
import type { State, Subject, Transition } from "../state.ts";
import { back } from "./back.ts";

export interface TrialEnd {
  /** "failed" is what the image did, "rolled-back" what was decided about it. */
  result: "rolled-back" | "failed";
  /** A clause, for the outcome. */
  why: string;
  /** The image that was seen to fail: the trial of another one goes on. */
  imageId?: string | undefined;
}

/** The trial is over in this boot: its fallback is what runs, and where there is none nothing does. */
export function endTrial(state: State, subject: Subject, end: TrialEnd): Transition {
  const { result, imageId } = end;
  if (state.name !== "trying" || (imageId !== undefined && state.active.imageId !== imageId)) {
    const why = state.name === "trying" ? "another image is on trial meanwhile" : "nothing is on trial";
    throw refused("no-trial", `Cannot end the trial of ${subject.title}: ${why}; see ${subject.command} status`);
  }
  const noWayBack = state.fallback === undefined ? "; there is no image to go back to" : "";
  return back(state, subject, { result, reference: state.active, why: `${end.why}${noWayBack}` });
}
