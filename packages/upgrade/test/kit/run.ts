const environment = { PATH: "/usr/sbin:/sbin:/usr/bin:/bin", LC_ALL: "C" };

/** Answers what the program printed; throws what it said when it fails. */
export function run(command: readonly string[], { input = "" } = {}): string {
  const done = Bun.spawnSync([...command], { env: environment, stdin: Buffer.from(input) });
  if (done.success) return done.stdout.toString();
  throw new Error(`Cannot run ${JSON.stringify(command.join(" "))}: ${done.stderr.toString()}`);
}

/** The same where it does not matter whether it succeeds. */
export function tryRun(command: readonly string[]): boolean {
  return Bun.spawnSync([...command], { env: environment, stdin: "ignore" }).success;
}
