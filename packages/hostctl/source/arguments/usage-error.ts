/** The command line is wrong. `hint` says which help to look at. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly hint: string;

  constructor(message: string, command: readonly string[] = []) {
    super(message);
    this.hint = `See: ${["hostctl", ...command, "--help"].join(" ")}`;
  }
}
