// What runs: start, stop, restart, try, and the end of a trial, through the container's unit and nothing else. What changes the image
// that runs is noted in the run directory first, so that the daemon after one that died there brings it to its end.
import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { runtimeOf } from "@host-service/runtime";
import type { RuntimeName } from "@host-service/runtime";
import { UnitError } from "@host-service/runtime/units";
import type { ContainerUnits } from "@host-service/runtime/units";
import { currentNotePath } from "@host-service/slots";
import type { SlotName, Slots, StatusReport, Stop, TrialEnd } from "@host-service/slots";
import type { Configuration } from "../configuration/configuration.ts";
import type { Log } from "../log.ts";
import { RequestError } from "../problems/request-error.ts";
import { forgetBegin, noteBegin } from "../trials/began-at.ts";
import { configOfSlot } from "./image-config.ts";
import { beginAfterNow } from "./trials/trial-log.ts";

export interface LifecycleOptions {
  configuration: Configuration;
  bootId: string;
  units: ContainerUnits;
  slots: (name: string) => Slots;
  log: Log;
}

/** What a change of what runs came to. Warnings are sentences for a person. */
interface Moved {
  report: StatusReport;
  warnings: string[];
}

/** By what is asked for: how a refusal calls it, and what to do instead. */
const withoutRuntime = {
  try: ["try the candidate of", "reboot the host to try it"],
  start: ["start", "the host's own units start it"],
  stop: ["stop", "the host's own units stop it"],
  restart: ["restart", "the host's own units restart it"],
  logs: ["show the console of", "see the log of the host's own units"],
} as const;

export type Deed = keyof typeof withoutRuntime;

/** What is asked of the unit, and may be refused before it begins. */
export function isDeed(action: string): action is Deed {
  return Object.hasOwn(withoutRuntime, action);
}

export class Lifecycle {
  readonly #options: LifecycleOptions;

  constructor(options: LifecycleOptions) {
    this.#options = options;
  }

  /** Of what runs, or would run next; undefined where nothing is installed. */
  async runtime({ name, running, nextBoot }: StatusReport): Promise<RuntimeName | undefined> {
    const slot = (running ?? nextBoot)?.slot;
    return slot === undefined ? undefined : await this.#runtimeIn(name, slot);
  }

  /** Throws where it cannot be done now, before anything is. Answers the state of the container. */
  async check(deed: Deed, name: string): Promise<StatusReport> {
    const { units, slots } = this.#options;
    if (deed === "try") await slots(name).checkTry();
    const report = await slots(name).status();
    const [verb, instead] = withoutRuntime[deed];
    const involved = deed === "try" ? [report.running, report.nextBoot] : [report.running ?? report.nextBoot];
    for (const image of involved) {
      if (image === undefined || (await this.#runtimeIn(name, image.slot)) !== "none") continue;
      throw new RequestError("not-supported", `Cannot ${verb} "${name}": its runtime is "none"; ${instead}`);
    }
    if (deed === "start" || deed === "restart") refuseNothing(deed, report);
    if (deed !== "logs") await units.check(name);
    return report;
  }

  async start(name: string): Promise<void> {
    await this.check("start", name);
    await this.#options.units.start(name);
  }

  async stop(name: string): Promise<void> {
    await this.check("stop", name);
    await this.#options.units.stop(name);
  }

  async restart(name: string): Promise<void> {
    await this.check("restart", name);
    await this.#options.units.restart(name);
  }

  async tryCandidate(name: string): Promise<Moved> {
    await this.check("try", name);
    return await this.#move(name, async (stop) => {
      const report = await this.#options.slots(name).tryCandidate(stop);
      await noteBegin(this.trialNote(name), this.trialIdentity(report));
      await beginAfterNow(name, this.cursorNote(name)).catch((error: unknown) => {
        this.#options.log.warn("The log of the trial may begin too early", { container: name, why: messageOf(error) });
      });
      return report;
    });
  }

  async endTrial(name: string, end: TrialEnd): Promise<Moved> {
    return await this.#move(name, async (stop) => {
      const report = await this.#options.slots(name).endTrial(end, stop);
      await forgetBegin(this.trialNote(name));
      await rm(this.cursorNote(name), { force: true });
      return report;
    });
  }

  /** What runs ends now, and the fallback runs in the next boot. */
  async leaveTrial(name: string, why: string): Promise<StatusReport> {
    await this.#stopIfThere(name);
    return await this.#options.slots(name).rollback({ why });
  }

  /** What runs has to be stopped before its slots go. */
  async remove(name: string): Promise<void> {
    const slots = this.#options.slots(name);
    await slots.remove(async () => {
      if ((await this.runtime(await slots.status())) !== "none") await this.#stopIfThere(name);
    });
  }

  /** Whether a daemon of this boot died within a change of what runs. */
  isCutOff(name: string): boolean {
    return existsSync(this.#changeNote(name));
  }

  /** Brings that change to its end: `.current` is what the record says, and that starts. */
  async repair(name: string): Promise<void> {
    const { slots, units } = this.#options;
    await slots(name).repairCurrent(() => this.#stopIfThere(name));
    const report = await slots(name).status();
    // Not only a start: in the meantime somebody may have started what was committed.
    if (report.running !== undefined && (await this.runtime(report)) !== "none") await units.restart(name);
    else await this.#stopIfThere(name);
    await rm(this.#changeNote(name), { force: true });
  }

  /** Where it is noted when this boot began the trial, and of which trial that note is. */
  trialNote(name: string): string {
    return currentNotePath(this.#options.configuration.runDirectory, name, "trial");
  }

  /** Where the copy of its log goes on. */
  cursorNote(name: string): string {
    return currentNotePath(this.#options.configuration.runDirectory, name, "cursor");
  }

  trialIdentity({ running }: StatusReport): string {
    return `${this.#options.bootId} ${running?.imageId ?? ""}`;
  }

  async #move(name: string, act: (stop: Stop) => Promise<StatusReport>): Promise<Moved> {
    const note = this.#changeNote(name);
    let isStopped = false;
    let report: StatusReport;
    try {
      report = await act(async () => {
        await mkdir(dirname(note), { recursive: true, mode: 0o755 });
        // In memory, and gone with the boot: nothing to sync.
        await writeFile(note, "");
        await this.#stopIfThere(name);
        isStopped = true;
      });
    } catch (error) {
      // The record is as it was, so what was stopped for nothing starts again.
      if (isStopped) await this.#started(name, await this.#options.slots(name).status());
      await rm(note, { force: true });
      throw error;
    }
    const warnings = await this.#started(name, report);
    await rm(note, { force: true });
    return { report, warnings };
  }

  /** The change is made by then: that it does not start is told, and no failure of the change. */
  async #started(name: string, report: StatusReport): Promise<string[]> {
    const { units, log } = this.#options;
    if (report.running === undefined) return [];
    if ((await this.runtime(report)) === "none") {
      return [`the runtime of what runs now is "none": the host's own units start it`];
    }
    try {
      await units.start(name);
      return [];
    } catch (error) {
      if (!(error instanceof UnitError)) throw error;
      log.error("A container did not start", { container: name, why: error.message });
      return [error.message];
    }
  }

  /** Where there is no unit, nothing runs. */
  async #stopIfThere(name: string): Promise<void> {
    try {
      await this.#options.units.stop(name);
    } catch (error) {
      if (!(error instanceof UnitError) || (error.kind !== "no-systemd" && error.kind !== "no-unit")) throw error;
    }
  }

  async #runtimeIn(name: string, slot: SlotName): Promise<RuntimeName> {
    const { stateDirectory, grantOf } = this.#options.configuration;
    const config = await configOfSlot(stateDirectory, { name, slot });
    return config === undefined ? "none" : runtimeOf(config, grantOf(name));
  }

  #changeNote(name: string): string {
    return currentNotePath(this.#options.configuration.runDirectory, name, "change");
  }
}

function refuseNothing(deed: "start" | "restart", { name, running, resolved, nextBoot }: StatusReport): void {
  if (running !== undefined) return;
  const what = `Cannot ${deed} "${name}"`;
  if (!resolved) {
    throw new RequestError("unresolved", `${what}: the boot hook has not run in this boot; run host-service boot`);
  }
  const next =
    nextBoot === undefined
      ? "install an image first (hostctl container install)"
      : "try the candidate (hostctl container try), or reboot";
  throw new RequestError("refused-in-state", `${what}: this boot runs no image of it; ${next}`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
