export type OperationErrorKind = "busy" | "not-found" | "id-taken" | "too-late" | "too-many" | "stopping" | "cancelled";

/** `operation` is the id of the operation that is in the way, or that was asked for. */
export class OperationError extends Error {
  override readonly name = "OperationError";
  readonly kind: OperationErrorKind;
  readonly operation: string | undefined;

  constructor(kind: OperationErrorKind, message: string, operation?: string) {
    super(message);
    this.kind = kind;
    this.operation = operation;
  }
}
