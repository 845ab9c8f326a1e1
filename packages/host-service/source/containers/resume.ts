// A daemon that comes after one that died within a change of what runs. It is an operation, so that nobody changes the container meanwhile,
// and nothing else waits for a container that takes its time to stop.
import type { History } from "../history.ts";
import type { Log } from "../log.ts";
import type { Operations } from "../operations/registry.ts";
import { run } from "../operations/run.ts";
import type { Containers } from "./containers.ts";
import type { Lifecycle } from "./lifecycle.ts";

export interface ResumeOptions {
  containers: Pick<Containers, "repair">;
  lifecycle: Pick<Lifecycle, "isCutOff">;
  operations: Operations;
  history: History;
  log: Log;
}

/** Has begun when it returns, if there is anything to do. The promise never rejects. */
export function resume(name: string, options: ResumeOptions): Promise<void> {
  const { containers, lifecycle, operations, history, log } = options;
  if (!lifecycle.isCutOff(name)) return Promise.resolve();
  log.warn("A change of what runs was cut off; it is brought to its end", { container: name });
  const operation = operations.begin({ id: undefined, action: "restart", caller: "host", container: name });
  operation.markReceived();
  return run(operation, { history, log, work: () => containers.repair(operation, name) });
}
