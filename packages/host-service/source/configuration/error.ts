/** The configuration cannot be used; the daemon and the hook do not start with it. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
  readonly path: string;

  constructor(path: string, why: string, options?: ErrorOptions) {
    super(`Cannot read ${path}: ${why}`, options);
    this.path = path;
  }
}
