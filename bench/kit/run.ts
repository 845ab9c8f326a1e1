import { existsSync } from "node:fs";
import path from "node:path";

const environment = { PATH: "/usr/bin:/bin:/usr/sbin:/sbin", LC_ALL: "C" };

/** Throws what the program said when it fails; answers what it printed. */
export async function run(command: readonly string[]): Promise<string> {
  const child = Bun.spawn([...command], { env: environment, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [out, err, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (status !== 0) throw new Error(`Cannot run "${command.join(" ")}": status ${status}: ${err}${out}`);
  return out;
}

/** `$1`, `$2`, … of the script are the arguments; it fails at its first failure. */
export function shell(script: string, ...values: string[]): Promise<string> {
  return run(["bash", "-c", `set -eu; ${script}`, "bash", ...values]);
}

export function shellNow(script: string, ...values: string[]): void {
  const done = Bun.spawnSync(["bash", "-c", `set -eu; ${script}`, "bash", ...values], { env: environment });
  if (!done.success) throw new Error(`Cannot run "${script}": ${done.stderr.toString()}`);
}

/** The path of a program of this machine. */
export function findProgram(name: string): string | undefined {
  if (name.startsWith("/")) return existsSync(name) ? name : undefined;
  const directories = environment.PATH.split(":");
  return directories.map((directory) => path.join(directory, name)).find((file) => existsSync(file));
}
