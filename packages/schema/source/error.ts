/** Data from outside that does not have the shape it must have. `path` is dotted ("limits.stall_timeout"), empty for the whole. */
export class SchemaError extends Error {
  override readonly name = "SchemaError";
  readonly subject: string;
  readonly path: string;
  readonly problem: string;

  constructor(subject: string, details: { path: string; problem: string }) {
    super(`Cannot read ${subject}: ${details.problem}`);
    this.subject = subject;
    this.path = details.path;
    this.problem = details.problem;
  }
}
