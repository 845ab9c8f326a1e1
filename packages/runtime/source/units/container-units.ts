// The one place that drives systemd: what runs a container is its unit, and what changes that is systemctl.
import { existsSync } from "node:fs";
import { UnitError } from "./error.ts";
import { runProgram } from "./run-program.ts";
import type { ProgramEnding } from "./run-program.ts";
import { unitOf } from "./unit-name.ts";
import { propertiesOf, shownProperties, unitStatusOf } from "./unit-status.ts";
import type { UnitStatus } from "./unit-status.ts";

/** The units of the containers, by the containers' names. Everything throws UnitError. */
export interface ContainerUnits {
  /** Throws where this host cannot run units of containers. */
  check(name: string): Promise<void>;
  /** Returns when it runs. What ended too often before may be started again. */
  start(name: string): Promise<void>;
  /** Returns when it has ended; fine where it does not run. */
  stop(name: string): Promise<void>;
  restart(name: string): Promise<void>;
  status(name: string): Promise<UnitStatus>;
}

/** Longer than systemd's own limits for a start and a stop, which are 90 s unless the unit says otherwise. */
const jobTimeoutMs = 120_000;
const questionTimeoutMs = 10_000;

/** systemctl(1): the unit is not there. */
const exitNoUnit = 5;

/** `isBooted` says whether systemd is the host's init, as sd_booted(3) finds out. */
export function containerUnits({ isBooted = () => existsSync("/run/systemd/system") } = {}): ContainerUnits {
  const ask = questions(isBooted);
  return {
    check: async (name) => void (await ask.show("run", name)),
    async start(name) {
      // A unit that was started too often stays failed until it is told; where there is nothing to reset it says so, to nobody.
      await runProgram(["systemctl", "--no-ask-password", "reset-failed", unitOf(name)], {
        timeoutMs: questionTimeoutMs,
      });
      await ask.job("start", name);
    },
    stop: (name) => ask.job("stop", name),
    async restart(name) {
      await runProgram(["systemctl", "--no-ask-password", "reset-failed", unitOf(name)], {
        timeoutMs: questionTimeoutMs,
      });
      await ask.job("restart", name);
    },
    status: async (name) => unitStatusOf(await ask.show("ask for the state of", name)),
  };
}

function questions(isBooted: () => boolean) {
  const failureOf = (verb: string, name: string, ending: ProgramEnding) =>
    failure(verb, name, { ...ending, isBooted: isBooted() });
  return {
    async job(verb: "start" | "stop" | "restart", name: string): Promise<void> {
      const command = ["systemctl", "--no-ask-password", verb, unitOf(name)];
      const ending = await runProgram(command, { timeoutMs: jobTimeoutMs });
      if (ending.exitCode !== 0) throw failureOf(verb, name, ending);
    },
    async show(verb: string, name: string): Promise<ReadonlyMap<string, string>> {
      const command = ["systemctl", "show", `--property=${shownProperties.join(",")}`, unitOf(name)];
      const ending = await runProgram(command, { timeoutMs: questionTimeoutMs });
      if (ending.exitCode !== 0) throw failureOf(verb, name, ending);
      const properties = propertiesOf(ending.output);
      if (properties.get("LoadState") === "not-found") throw noUnit(verb, name);
      return properties;
    },
  };
}

function failure(
  verb: string,
  name: string,
  { exitCode, isLate, said, isBooted }: ProgramEnding & { isBooted: boolean },
): UnitError {
  const what = `Cannot ${verb} "${name}"`;
  if (isLate) {
    const next = `systemd goes on by itself; see hostctl container status --name ${name}`;
    return new UnitError("timeout", `${what}: systemctl did not end in time; ${next}`);
  }
  if (!isBooted) {
    return new UnitError(
      "no-systemd",
      `${what}: this host does not run systemd, which starts containers; leave them to the host's own units with runtime: none`,
    );
  }
  if (exitCode === exitNoUnit) return noUnit(verb, name);
  const words = said === "" ? `systemctl ended with ${exitCode}` : `systemctl says: ${said}`;
  return new UnitError("failed", `${what}: ${words}; see hostctl container logs --name ${name}`);
}

function noUnit(verb: string, name: string): UnitError {
  const unit = unitOf(name).replace(name, "");
  return new UnitError(
    "no-unit",
    `Cannot ${verb} "${name}": this host has no unit "${unit}"; install it from the package of host-service`,
  );
}
