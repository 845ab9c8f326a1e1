import type { OperationEvent } from "@host-service/protocol";

/** Shows on standard error how far an operation is. */
export interface Progress {
  show(event: OperationEvent): void;
  /** Leaves the terminal as it was found. */
  end(): void;
}
