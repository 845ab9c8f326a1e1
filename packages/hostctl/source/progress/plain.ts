import { amount, partOf, percentOf, phaseWords } from "./figures.ts";
import type { Progress } from "./display.ts";

/** How long a phase stays silent between two of its lines. */
const betweenLinesMs = 5000;

/** Lines for a log: one when a phase begins, and one every few seconds while it lasts. */
export function createPlain(output: { write: (line: string) => void; now: () => number }): Progress {
  let writtenAt = 0;
  let writtenPhase = "";
  return {
    show(event) {
      if (event.type !== "progress") return;
      const now = output.now();
      const phase = `${event.phase} ${event.part ?? ""}`;
      if (phase === writtenPhase && now - writtenAt < betweenLinesMs) return;
      writtenPhase = phase;
      writtenAt = now;
      const percent = percentOf(event);
      const figures = [percent === undefined ? "" : `${percent} %`, amount(event)].filter((figure) => figure !== "");
      const named = [phaseWords[event.phase], partOf(event)].filter((word) => word !== "").join(" ");
      output.write(figures.length === 0 ? named : `${named}: ${figures.join(", ")}`);
    },
    end: () => undefined,
  };
}
