// Whether units that were started stay so. systemd calls the job of a simple service done although its program is missing or its mounts fail,
// and one that restarts all the time is never "failed", so each is looked at for a while.
import { PortableError } from "../error.ts";
import type { UnitView } from "../bus/systemd.ts";
import { isOfAnotherImage } from "./process.ts";
import type { Host, Target } from "./target.ts";

export interface Dwell {
  dwellMs: number;
  intervalMs: number;
}

export const dwellDefault: Dwell = { dwellMs: 10_000, intervalMs: 250 };

/** Throws "not-active" with the unit and the reason as soon as it is known. */
export async function watch(host: Host, { image, starts }: Target, { dwellMs, intervalMs }: Dwell): Promise<void> {
  const first = new Map<string, UnitView>();
  const end = performance.now() + dwellMs;
  for (;;) {
    for (const unit of starts) {
      const view = await host.systemd.view(unit);
      const isOther = await isOfAnotherImage(host.root, view.mainPid, image);
      const problem = isOther ? "it still runs from another image" : problemOf(view, first.get(unit), image);
      if (problem !== undefined) throw notActive(unit, problem);
      if (!first.has(unit)) first.set(unit, view);
    }
    if (performance.now() >= end) return;
    await Bun.sleep(intervalMs);
  }
}

export function notActive(unit: string, problem: string): PortableError {
  const message = `Cannot keep "${unit}" running: ${problem}; see journalctl --unit=${unit} on the host`;
  return new PortableError("not-active", message);
}

function problemOf(view: UnitView, first: UnitView | undefined, image: string): string | undefined {
  const { activeState, result, statusCode, type, root, invocationId, restarts } = view;
  const ended = `it is ${activeState} (result ${result || "none"}${statusCode === 0 ? "" : `, status ${statusCode}`})`;
  if (result !== "" && result !== "success") return ended;
  if (type === "oneshot" && activeState === "inactive") return undefined;
  if (activeState !== "active") return ended;
  if (root !== "" && root !== image) return `its image is "${root}"`;
  if (first === undefined) return undefined;
  if (restarts > first.restarts || invocationId !== first.invocationId) return "it was started again meanwhile";
  return undefined;
}
