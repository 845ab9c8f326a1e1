// All operations of this daemon: at most one that changes state per record, and the last few that have ended.
import { randomUUID } from "node:crypto";
import { OperationError } from "./error.ts";
import { Operation } from "./operation.ts";
import type { Action } from "./operation.ts";

/** In the place of a container's name: the record of the host's own system. No container has that name. */
export const systemRecord = "host";

const endedKeptMax = 64;
/** Each running operation holds a request, a file and two children at most. */
const runningMax = 32;

export class Operations {
  #operations = new Map<string, Operation>();
  #arrivals = new Map<string, PromiseWithResolvers<void>>();
  #isStopping = false;

  /** Begins an operation. Throws `busy` with the id of the one that is in the way. */
  begin(options: { id: string | undefined; action: Action; caller: string; container: string | undefined }): Operation {
    const id = options.id ?? randomUUID();
    if (this.#isStopping) {
      throw new OperationError("stopping", "Cannot begin the operation: the daemon is stopping; try again later");
    }
    if (this.#operations.has(id)) {
      throw new OperationError("id-taken", `Cannot begin the operation: the id ${id} is taken; choose a new UUID`, id);
    }
    if (this.running().length >= runningMax) {
      throw new OperationError(
        "too-many",
        `Cannot begin the operation: ${runningMax} operations are running; try again later`,
      );
    }
    this.refuseSecond(options.action, options.container);
    const operation = new Operation({ ...options, id });
    this.#operations.set(id, operation);
    this.#forgetOldest();
    this.#arrivals.get(id)?.resolve();
    this.#arrivals.delete(id);
    return operation;
  }

  /** Says for which container an operation is, where that was not known before its image was read. */
  claim(operation: Operation, container: string): void {
    if (operation.container === container) return;
    this.refuseSecond(operation.action, container);
    operation.container = container;
  }

  /** The operation, as `caller` may see it: its own, and on the host listener every one. */
  get(id: string, caller: string): Operation {
    const operation = this.#operations.get(id);
    if (operation === undefined || (caller !== "host" && operation.caller !== caller)) {
      throw new OperationError("not-found", `Cannot find operation "${id}": there is none of that id`, id);
    }
    return operation;
  }

  /** The operation as soon as it exists: a client subscribes before its body has reached us. */
  async arrival(id: string, options: { caller: string; waitMs: number }): Promise<Operation> {
    if (!this.#isStopping && !this.#operations.has(id) && this.#arrivals.size < runningMax) {
      const arrival = this.#arrivals.get(id) ?? Promise.withResolvers<void>();
      this.#arrivals.set(id, arrival);
      const timer = setTimeout(() => {
        this.#arrivals.delete(id);
        arrival.resolve();
      }, options.waitMs);
      await arrival.promise;
      clearTimeout(timer);
    }
    return this.get(id, options.caller);
  }

  runningFor(container: string): Operation | undefined {
    return this.running().find((operation) => operation.container === container);
  }

  running(): Operation[] {
    return [...this.#operations.values()].filter((operation) => operation.isRunning);
  }

  /** Tells all that run to end, and lets none begin. Nobody is left waiting for one that has not begun. */
  stop(): void {
    this.#isStopping = true;
    for (const operation of this.running()) operation.stop();
    for (const arrival of this.#arrivals.values()) arrival.resolve();
    this.#arrivals.clear();
  }

  /** Throws `busy`. An image that has not said yet which container it is for may be for any: a second one of that kind has to wait. */
  refuseSecond(action: Action, container: string | undefined): void {
    const first = this.running().find((operation) => operation.container === container);
    if (first === undefined) return;
    const subject = subjectOf(container);
    const what = `Cannot ${action} ${subject}: operation ${first.id} (${first.action}) is running`;
    throw new OperationError("busy", `${what}; wait for it or cancel it`, first.id);
  }

  #forgetOldest(): void {
    const ended = [...this.#operations.values()].filter((operation) => !operation.isRunning);
    for (const operation of ended.slice(0, Math.max(0, ended.length - endedKeptMax)))
      this.#operations.delete(operation.id);
  }
}

function subjectOf(container: string | undefined): string {
  if (container === undefined) return "an image without a name";
  return container === systemRecord ? "the system" : JSON.stringify(container);
}
