// One change under way: who asked for it, how far it is, and how it ended. Whoever watches sees the latest state, so that a
// slow reader costs nothing.
import type { Operation as OperationView, Problem, ProgressEvent } from "@host-service/protocol";
import { pathOf } from "@host-service/protocol";
import { OperationError } from "./error.ts";

export type Action =
  | "install"
  | "upgrade"
  | "commit"
  | "rollback"
  | "try"
  | "start"
  | "stop"
  | "restart"
  | "end-trial"
  | "remove"
  | "inspect"
  | "attach"
  | "detach";

export type OperationState =
  | { name: "running" }
  /** The change is being recorded: it can no longer be cancelled. */
  | { name: "recording" }
  | { name: "done"; result: unknown; endedAt: Date }
  | { name: "failed" | "cancelled"; problem: Problem; endedAt: Date };

/** What a step reports; the operation adds its id and the percentage. */
export type Progress = Omit<ProgressEvent, "type" | "operation" | "percent">;

export class Operation {
  readonly id: string;
  readonly action: Action;
  /** Whose listener asked. */
  readonly caller: string;
  readonly startedAt = new Date();
  container: string | undefined;
  #state: OperationState = { name: "running" };
  #progress: ProgressEvent | undefined;
  #abort = new AbortController();
  #changed = Promise.withResolvers<void>();
  #received = Promise.withResolvers<void>();
  #isReceived = false;
  #ended = Promise.withResolvers<void>();

  constructor(options: { id: string; action: Action; caller: string; container: string | undefined }) {
    this.id = options.id;
    this.action = options.action;
    this.caller = options.caller;
    this.container = options.container;
  }

  get state(): OperationState {
    return this.#state;
  }

  get progress(): ProgressEvent | undefined {
    return this.#progress;
  }

  get isRunning(): boolean {
    return this.#state.name === "running" || this.#state.name === "recording";
  }

  /** Aborts when the operation is cancelled; every step that waits listens to it. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Resolves at the next report, or at the end. */
  get changed(): Promise<void> {
    return this.#changed.promise;
  }

  /** Resolves when nothing of the request is awaited any more. */
  get received(): Promise<void> {
    return this.#received.promise;
  }

  get isReceived(): boolean {
    return this.#isReceived;
  }

  markReceived(): void {
    this.#isReceived = true;
    this.#received.resolve();
  }

  report(progress: Progress): void {
    const percent = percentOf(progress);
    this.#progress = {
      type: "progress",
      operation: this.id,
      ...progress,
      ...(percent === undefined ? {} : { percent }),
    };
    this.#wake();
  }

  /** The point of no return: from here on the change happens. Throws where it was cancelled before. */
  beginRecording(): void {
    this.throwIfCancelled();
    this.#state = { name: "recording" };
    this.report({ phase: "record" });
  }

  throwIfCancelled(): void {
    if (!this.#abort.signal.aborted) return;
    throw new OperationError(
      "cancelled",
      `Cannot finish the ${this.action}: it was cancelled; nothing was changed`,
      this.id,
    );
  }

  /** Asks the operation to end; it has ended when its state says so. */
  cancel(): void {
    if (this.#state.name === "recording") {
      throw new OperationError("too-late", `Cannot cancel operation ${this.id}: it is already being recorded`, this.id);
    }
    if (this.#state.name === "running") this.#abort.abort();
  }

  /** The same, where the daemon ends and whatever is being recorded has to come to its end. */
  stop(): void {
    if (this.#state.name === "running") this.#abort.abort();
  }

  /** Resolves when the operation has ended, however it did. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  finish(result: unknown): void {
    this.#end({ name: "done", result, endedAt: new Date() });
  }

  fail(problem: Problem): void {
    this.#end({ name: problem.code === "cancelled" ? "cancelled" : "failed", problem, endedAt: new Date() });
  }

  view(): OperationView {
    const state = this.#state;
    return {
      id: this.id,
      action: this.action,
      ...(this.container === undefined ? {} : { container: this.container }),
      state: state.name === "recording" ? "running" : state.name,
      startedAt: this.startedAt.toISOString(),
      ...("endedAt" in state ? { endedAt: state.endedAt.toISOString() } : {}),
      ...(this.#progress === undefined ? {} : { progress: this.#progress }),
      events: pathOf("operationEvents", { id: this.id }),
      ...("problem" in state ? { problem: state.problem } : {}),
      ...("result" in state ? { result: state.result } : {}),
    };
  }

  #end(state: OperationState): void {
    if (!this.isRunning) throw new TypeError(`The operation ${this.id} has ended already`);
    this.#state = state;
    this.#wake();
    this.#ended.resolve();
  }

  #wake(): void {
    const changed = this.#changed;
    this.#changed = Promise.withResolvers<void>();
    changed.resolve();
  }
}

/** Of the phase; never 100 before the operation is done, since work follows every phase. */
function percentOf(progress: Progress): number | undefined {
  if (progress.bytes === undefined || progress.bytesTotal === undefined || progress.bytesTotal === 0) return undefined;
  return Math.min(99, Math.floor((100 * progress.bytes) / progress.bytesTotal));
}
