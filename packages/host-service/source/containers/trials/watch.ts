// One trial, watched until it is over: three loops beside each other, which look at how it ended, whether it is well, and what it says.
// Whichever ends the trial, it is an operation like those that a caller asks for.
import { join } from "node:path";
import type { InstanceConfig } from "@host-service/archive";
import type { TrialStatus } from "@host-service/protocol";
import { bootTimeMs, endingsPath, readEndings, UnitError } from "@host-service/runtime/units";
import type { ContainerUnits, UnitStatus } from "@host-service/runtime/units";
import { containerDirectory } from "@host-service/slots";
import type { StatusReport, TrialEnd } from "@host-service/slots";
import type { Configuration } from "../../configuration/configuration.ts";
import type { Log } from "../../log.ts";
import { pause } from "../../trials/pause.ts";
import { checkHealth } from "./health.ts";
import { TrialLog } from "./trial-log.ts";
import { verdictOf } from "./verdict.ts";

/** "busy": another operation is in the way, and is over soon. Why it failed is in the history and in the log. */
export type Acted = "done" | "busy" | "failed";

export interface WatchOptions {
  name: string;
  configuration: Configuration;
  bootId: string;
  units: ContainerUnits;
  log: Log;
  status: () => Promise<StatusReport>;
  cursorNote: string;
  commit: (imageId: string, why: string) => Promise<Acted>;
  end: (end: TrialEnd) => Promise<Acted>;
}

export interface TrialFacts {
  trial: InstanceConfig["trial"];
  report: StatusReport;
  /** Where it does not, there is nothing to look at: it is over when the guest says that it is ready. */
  runsInUnit: boolean;
  beganAtMs: number;
  /** Endings before it are not of this trial. */
  endingsFromMs: number;
}

/** How often what costs next to nothing is looked at, and what costs a process. */
const lookMs = 500;
const unitMs = 5000;
const copyMs = 3000;
/** After an attempt to end the trial that failed. */
const againMs = 10_000;

export class Watch {
  readonly #options: WatchOptions;
  readonly #trial: InstanceConfig["trial"];
  readonly #imageId: string;
  readonly #version: string | undefined;
  readonly #over = new AbortController();
  readonly #beganAtMs: number;
  readonly #endingsFromMs: number;
  readonly #runsInUnit: boolean;
  #passes = 0;
  #problem: string | undefined;
  #unkept: string | undefined;
  /** What is written from now on may be the fallback's. */
  #isEnding = false;

  /** Times are on CLOCK_BOOTTIME. */
  constructor(options: WatchOptions, { trial, report, runsInUnit, beganAtMs, endingsFromMs }: TrialFacts) {
    this.#options = options;
    this.#trial = trial;
    this.#runsInUnit = runsInUnit;
    this.#beganAtMs = beganAtMs;
    this.#endingsFromMs = endingsFromMs;
    this.#imageId = report.running?.imageId ?? "";
    this.#version = report.running?.version;
  }

  view(): TrialStatus {
    const { commit, timeoutMs, health } = this.#trial;
    const leftMs = timeoutMs === undefined ? undefined : Math.max(0, this.#beganAtMs + timeoutMs - bootTimeMs());
    return {
      commit,
      ...(leftMs === undefined ? {} : { endsAt: new Date(Date.now() + leftMs).toISOString() }),
      ...(health === undefined ? {} : { passes: this.#passes, passesWanted: health.passes }),
      ...(this.#problem === undefined ? {} : { problem: this.#problem }),
    };
  }

  /** The guest says that it is ready. */
  async ready(): Promise<void> {
    if (this.#trial.commit === "ready")
      await this.#options.commit(this.#imageId, "the container said that it is ready");
  }

  /** Returns when the trial is over, or `stop` was called. */
  async run(): Promise<void> {
    const { signal } = this.#over;
    try {
      if (this.#runsInUnit) await Promise.all([this.#judge(signal), this.#checkHealth(signal), this.#keepLog(signal)]);
      else await this.#wait(signal);
    } finally {
      this.#over.abort();
    }
  }

  stop(): void {
    this.#over.abort();
  }

  async #wait(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && (await this.#isOnTrial())) await pause(lookMs, signal);
  }

  async #judge(signal: AbortSignal): Promise<void> {
    const { configuration, name, end } = this.#options;
    let unit: UnitStatus | undefined;
    let askAgainAtMs = 0;
    let endingsSeen = 0;
    while (!signal.aborted && (await this.#isOnTrial())) {
      const endings = readEndings(endingsPath(configuration.runDirectory, name)).filter(
        (ending) => ending.bootTimeMs >= this.#endingsFromMs,
      );
      const nowMs = bootTimeMs();
      if (nowMs >= askAgainAtMs || endings.length !== endingsSeen) {
        unit = await this.#unit();
        askAgainAtMs = nowMs + unitMs;
        endingsSeen = endings.length;
      }
      const seen = { trial: this.#trial, beganAtMs: this.#beganAtMs, nowMs, endings, unit, problem: this.#problem };
      const verdict = verdictOf(seen, configuration.limits);
      this.#isEnding = verdict !== undefined;
      const acted = verdict === undefined ? undefined : await end({ ...verdict, imageId: this.#imageId });
      if (acted === "done") break;
      this.#isEnding = false;
      await pause(acted === "failed" ? againMs : lookMs, signal);
    }
    this.#over.abort();
  }

  async #checkHealth(signal: AbortSignal): Promise<void> {
    const { name, units, log, commit } = this.#options;
    const { health } = this.#trial;
    if (health === undefined) return;
    while (!signal.aborted) {
      const failure = await checkHealth(name, health, { units, signal });
      if (signal.aborted) return;
      if (failure !== undefined && failure !== this.#problem) {
        log.warn("A trial is not committed yet", { container: name, why: failure });
      }
      this.#passes = failure === undefined ? this.#passes + 1 : 0;
      this.#problem = failure;
      const times = health.passes === 1 ? "" : ` ${health.passes} times in a row`;
      const isWell = this.#passes >= health.passes;
      if (isWell && (await commit(this.#imageId, `its health check passed${times}`)) === "done") return;
      await pause(health.intervalMs, signal);
    }
  }

  async #keepLog(signal: AbortSignal): Promise<void> {
    const kept = new TrialLog(this.#logOptions());
    while (!signal.aborted) {
      if (!this.#isEnding) await this.#tolerate(() => kept.copy());
      await pause(copyMs, signal);
    }
    await this.#tolerate(async () => {
      if (await this.#isOnTrial()) return await kept.copy();
      const { why, outcome } = await this.#options.status();
      const isOfThis = outcome?.imageId === this.#imageId;
      return await kept.end(why, isOfThis ? outcome.at : undefined);
    });
  }

  /** What cannot be kept is told, once, and tried again; nothing else depends on it. */
  async #tolerate(keep: () => Promise<unknown>): Promise<void> {
    try {
      await keep();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (why === this.#unkept) return;
      this.#unkept = why;
      this.#options.log.warn("Cannot keep the log of a trial", { container: this.#options.name, why });
    }
  }

  async #isOnTrial(): Promise<boolean> {
    const { state, resolved, running } = await this.#options.status();
    return state === "trying" && resolved && running?.imageId === this.#imageId;
  }

  async #unit(): Promise<UnitStatus | undefined> {
    try {
      return await this.#options.units.status(this.#options.name);
    } catch (error) {
      if (error instanceof UnitError) return undefined;
      throw error;
    }
  }

  #logOptions() {
    const { configuration, name, bootId, cursorNote } = this.#options;
    return {
      name,
      bootId,
      imageId: this.#imageId,
      version: this.#version,
      path: trialLogPath(configuration.stateDirectory, name),
      cursorPath: cursorNote,
    };
  }
}

export function trialLogPath(stateDirectory: string, name: string): string {
  return join(containerDirectory(stateDirectory, name), "trial.log");
}
