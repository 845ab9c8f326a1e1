import { RuntimeError } from "../error.ts";

/** What `run` becomes. */
export interface Command {
  path: string;
  argv: readonly string[];
  environment: Readonly<Record<string, string>>;
  /** Whether it tells systemd by itself that the container runs. */
  saysReady: boolean;
}

export function searchPath(): string {
  return process.env["PATH"] ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

export function programPath(program: string, { packageName }: { packageName: string }): string {
  const path = Bun.which(program, { PATH: searchPath() });
  if (path !== null) return path;
  const next = `install it (Debian: ${packageName})`;
  throw new RuntimeError("host", `Cannot start the container: this host has no ${program}; ${next}`);
}
