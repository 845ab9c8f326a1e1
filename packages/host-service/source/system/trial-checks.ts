// A trial of the host's system that nobody has to end by hand: when the configured checks pass it is committed, and when they have not
// in time it is rolled back and the host reboots. Both are operations like those that a caller asks for.
import { join } from "node:path";
import { bootTimeMs } from "@host-service/runtime/units";
import type { Configuration } from "../configuration/configuration.ts";
import type { UpgradeConfiguration } from "../configuration/upgrade.ts";
import type { History } from "../history.ts";
import type { Log } from "../log.ts";
import type { Action, Operation } from "../operations/operation.ts";
import { run } from "../operations/run.ts";
import type { Finished } from "../operations/run.ts";
import { power } from "../power/power.ts";
import { beganAtMs } from "../trials/began-at.ts";
import { pause } from "../trials/pause.ts";
import { runCheck } from "../trials/run-check.ts";
import type { System } from "./system.ts";

export interface TrialChecksOptions {
  configuration: Configuration;
  system: System;
  bootId: string;
  history: History;
  log: Log;
}

type Checks = NonNullable<UpgradeConfiguration["commit"]>;

const principal = { kind: "host" } as const;

/** Watches in the background until the trial has ended; where there is none, or nothing is configured, it has. */
export function watchTrial(options: TrialChecksOptions): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const checks = options.configuration.upgrade?.commit;
  const watching = checks === undefined ? Promise.resolve() : watch(checks, stopping.signal, options);
  const told = watching.catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    options.log.error("Cannot decide about the trial of the system; commit it or roll it back by hand", { why });
  });
  return {
    async stop() {
      stopping.abort();
      await told;
    },
  };
}

async function watch(checks: Checks, signal: AbortSignal, options: TrialChecksOptions): Promise<void> {
  const { system, log } = options;
  if (!(await isOnTrial(system))) return;
  const endsAtMs =
    (await beganAtMs(join(options.configuration.runDirectory, ".system-trial"), options.bootId)) + checks.timeoutMs;
  let failure = "no check has ended yet";
  while (!signal.aborted) {
    const leftMs = endsAtMs - bootTimeMs();
    if (leftMs <= 0) return await giveUp(failure, checks, options);
    const failed = await firstFailure(checks, AbortSignal.any([signal, AbortSignal.timeout(leftMs)]));
    if (signal.aborted || !(await isOnTrial(system))) return;
    if (failed === undefined) {
      await act("commit", options, (operation) => system.commit(operation, { why: "every check passed" }));
      return;
    }
    if (failed !== failure) log.warn("The trial of the system is not committed yet", { why: failed });
    failure = failed;
    await pause(Math.min(checks.intervalMs, Math.max(0, endsAtMs - bootTimeMs())), signal);
  }
}

async function isOnTrial(system: System): Promise<boolean> {
  const { state, resolved } = await system.status();
  return state === "trying" && resolved;
}

async function firstFailure({ checks }: Checks, signal: AbortSignal): Promise<string | undefined> {
  for (const command of checks) {
    const failure = await runCheck(command, signal);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

async function giveUp(failure: string, { timeoutMs }: Checks, options: TrialChecksOptions): Promise<void> {
  const { system, configuration, log } = options;
  const why = `not every check passed within ${timeoutMs / 1000} s: ${failure}`;
  const isDone = await act("rollback", options, (operation) => system.rollback(operation, { why }));
  if (!isDone) return;
  log.warn("The host reboots to leave the trial of its system", { why });
  await power("reboot", configuration.power);
}

/** Answers whether it was done; why it was not is in the history and in the log. */
async function act(
  action: Action,
  { system, history, log }: TrialChecksOptions,
  work: (operation: Operation) => Promise<Finished>,
): Promise<boolean> {
  const operation = await system.begin(action, { principal, id: undefined });
  operation.markReceived();
  await run(operation, { history, log, work: () => work(operation) });
  return operation.state.name === "done";
}
