// How every operation ends: its result or its problem is remembered, put into the history and logged, and nothing is thrown.
import { releaseProgram } from "@host-service/disk";
import { problem } from "@host-service/protocol";
import type { HistoryEntry, Problem } from "@host-service/protocol";
import type { History } from "../history.ts";
import type { Log } from "../log.ts";
import { problemOf } from "../problems/problem-of.ts";
import type { Operation } from "./operation.ts";

export interface Finished {
  /** What the caller is answered. */
  answer: unknown;
  imageId?: string | undefined;
  version?: string | undefined;
  signer?: { keyId: string; verified: boolean } | undefined;
  /** What the history is to say beside it: what was decided, and why. */
  code?: string | undefined;
  why?: string | undefined;
}

export async function run(
  operation: Operation,
  options: { history: History; log: Log; work: () => Promise<Finished> },
): Promise<void> {
  const { history, log } = options;
  try {
    const finished = await options.work();
    await record(entryOf(operation, { result: "done", ...finished }), options);
    log.info(`${operation.action} done`, about(operation));
    operation.finish(finished.answer);
  } catch (error) {
    const failure = problemFor(error, operation, log);
    const result = failure.code === "cancelled" ? "cancelled" : failure.status === 409 ? "refused" : "failed";
    await record(entryOf(operation, { result, code: failure.code, why: failure.detail }), { history, log });
    log.warn(`${operation.action} ${result}`, { ...about(operation), code: failure.code, why: failure.detail });
    operation.fail(failure);
  } finally {
    // What only an operation runs is not needed until the next one.
    releaseProgram();
  }
}

function problemFor(error: unknown, operation: Operation, log: Log): Problem {
  const known = problemOf(error);
  if (known !== undefined) return known;
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  log.error("An operation failed in a way that nobody foresaw", { ...about(operation), error: stack });
  return problem("failed", `Cannot ${operation.action}: the daemon failed; its log says why`);
}

/** What happened has happened: a history that cannot be written is told in the log, and changes nothing else. */
async function record(entry: HistoryEntry, options: { history: History; log: Log }): Promise<void> {
  try {
    await options.history.append(entry);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    options.log.error("Cannot write the history", { operation: entry.operation, why });
  }
}

function entryOf(
  operation: Operation,
  end: {
    result: HistoryEntry["result"];
    imageId?: string | undefined;
    version?: string | undefined;
    signer?: { keyId: string; verified: boolean } | undefined;
    code?: string | undefined;
    why?: string | undefined;
  },
): HistoryEntry {
  const now = new Date();
  return {
    operation: operation.id,
    at: now.toISOString(),
    container: operation.container ?? "",
    action: operation.action,
    caller: operation.caller,
    result: end.result,
    durationMs: now.getTime() - operation.startedAt.getTime(),
    ...(end.imageId === undefined ? {} : { imageId: end.imageId }),
    ...(end.version === undefined ? {} : { version: end.version }),
    ...(end.signer === undefined ? {} : { signer: { keyId: end.signer.keyId, verified: end.signer.verified } }),
    ...(end.code === undefined ? {} : { code: end.code }),
    ...(end.why === undefined ? {} : { why: end.why }),
  };
}

function about(operation: Operation): Record<string, unknown> {
  return { operation: operation.id, container: operation.container, caller: operation.caller };
}
