import type { ProgressEvent } from "@host-service/protocol";
import { size } from "../output/words.ts";
import { Pace, amount, clock, partOf, percentOf, phaseWords } from "./figures.ts";
import type { Progress } from "./display.ts";

const redrawMs = 100;
const barWidthMin = 10;
const barWidthMax = 30;
const eraseLine = "\r\u001b[K";

export interface Terminal {
  write: (text: string) => void;
  columns: () => number;
  now: () => number;
}

/** One line that is drawn again and again, and erased at the end. */
export function createBar(terminal: Terminal): Progress {
  const pace = new Pace();
  let drawnAt = Number.NEGATIVE_INFINITY;
  let drawnPhase = "";
  return {
    show(event) {
      if (event.type !== "progress") return;
      const now = terminal.now();
      const measured = pace.measure(event, now);
      const phase = `${event.phase} ${event.part ?? ""}`;
      if (phase === drawnPhase && now - drawnAt < redrawMs) return;
      drawnPhase = phase;
      drawnAt = now;
      terminal.write(eraseLine + barLine(event, { ...measured, columns: terminal.columns() }));
    },
    end() {
      if (drawnPhase !== "") terminal.write(eraseLine);
    },
  };
}

/** Fits into the columns: what matters least is left out first. The last column stays free, where some terminals wrap. */
export function barLine(
  event: ProgressEvent,
  pace: { rate: number | undefined; secondsLeft: number | undefined; columns: number },
): string {
  const width = Math.max(1, pace.columns - 1);
  const percent = percentOf(event);
  const phase = phaseWords[event.phase];
  const named = event.part === undefined ? phase : `${phase} ${partOf(event)}`;
  const share = percent === undefined ? "" : `${String(percent).padStart(2)} %`;
  const rate = pace.rate === undefined ? "" : `${size(pace.rate)}/s`;
  const left = pace.secondsLeft === undefined ? "" : `${clock(pace.secondsLeft)} left`;
  const all = [named, share, amount(event), rate, left].filter((piece) => piece !== "");
  for (let count = all.length; count > 1; count--) {
    const pieces = all.slice(0, count);
    const room = width - pieces.join("  ").length - 4;
    if (percent !== undefined && room >= barWidthMin) {
      pieces.splice(1, 0, bar(percent, Math.min(room, barWidthMax)));
      return pieces.join("  ");
    }
    if (percent === undefined && room >= 0) return pieces.join("  ");
  }
  return `${phase} ${share}`.trimEnd().slice(0, width);
}

function bar(percent: number, width: number): string {
  const full = Math.floor((percent * width) / 100);
  return `[${"#".repeat(full)}${"-".repeat(width - full)}]`;
}
