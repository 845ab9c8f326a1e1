import { refused } from "../error.ts";
import type { State, Subject, Transition } from "../state.ts";
import { back } from "./back.ts";

/** A rollback that was asked for, within this boot: its fallback is what runs. */
export function endRollback(state: State, subject: Subject): Transition {
  if (state.name !== "rollback") {
    const message = `Cannot end the rollback of ${subject.title}: none was asked for; see ${subject.command} status`;
    throw refused("no-trial", message);
  }
  return back(state, subject, { result: "rolled-back", reference: state.active, why: state.why ?? "asked for" });
}
