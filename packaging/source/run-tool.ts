import { PackagingError } from "./error.ts";

/** What the tool printed. Throws with what it said when it fails, or is not there. */
export async function runTool(
  command: readonly [string, ...string[]],
  options: { what: string; env?: Record<string, string>; cwd?: string },
): Promise<string> {
  const [program] = command;
  if (!program.includes("/") && Bun.which(program) === null) {
    throw new PackagingError(`Cannot ${options.what}: there is no "${program}"; install it`);
  }
  const child = Bun.spawn([...command], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const [out, err, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (status === 0) return out;
  throw new PackagingError(
    `Cannot ${options.what}: ${program} ended with ${status} and said "${`${out}${err}`.trim()}"`,
  );
}
