import type { ProblemCode } from "@host-service/protocol";

/** A request that is refused before it reaches any part: its code is the wire's own. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  readonly code: ProblemCode;

  constructor(code: ProblemCode, message: string) {
    super(message);
    this.code = code;
  }
}
