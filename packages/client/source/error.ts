import type { Problem } from "@host-service/protocol";

/**
 * - `no-connection`: host-service was not reached, or went away before it answered
 * - `problem`: it answered with a problem document, which is in `problem`
 * - `protocol`: it answered something that is not the protocol
 * - `local-file`: a file that was to be sent cannot be
 */
export type ClientErrorKind = "no-connection" | "problem" | "protocol" | "local-file";

/** The message is one sentence for a person, with the next step where there is one. */
export class ClientError extends Error {
  override readonly name = "ClientError";
  readonly kind: ClientErrorKind;
  readonly problem: Problem | undefined;

  constructor(kind: ClientErrorKind, message: string, details: { problem?: Problem; cause?: unknown } = {}) {
    super(message, "cause" in details ? { cause: details.cause } : undefined);
    this.kind = kind;
    this.problem = details.problem;
  }
}
