// A build that failed can exit 0 and leave a file that is plain Bun: so the finished file itself has to answer.

import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { allNames, executable } from "./names.ts";

export class BuildError extends Error {
  override name = "BuildError";
}

/** Calls the program in `directory` by each of its names, in a working directory that tries to change what it does. */
export async function smoke(directory: string, version: string): Promise<void> {
  const trap = await mkdtemp(path.join(tmpdir(), "host-service-smoke-"));
  try {
    await plant(trap);
    for (const name of allNames) await answersVersion(path.join(directory, name), version, trap);
    await ignoresDotEnv(path.join(directory, executable), trap);
    if (await exists(path.join(trap, "preloaded"))) {
      throw new BuildError('Cannot use the build: it ran the preload of a "bunfig.toml" in the working directory');
    }
  } finally {
    await rm(trap, { recursive: true });
  }
}

async function plant(directory: string): Promise<void> {
  await writeFile(path.join(directory, "bunfig.toml"), 'preload = ["./preload.ts"]\n');
  await writeFile(path.join(directory, "preload.ts"), 'require("node:fs").writeFileSync("preloaded", "");\n');
  await writeFile(path.join(directory, ".env"), `HOST_SERVICE_SOCKET=${socketOf(directory, "dot-env")}\n`);
}

async function answersVersion(program: string, version: string, cwd: string): Promise<void> {
  const { status, output } = await call([program, "--version"], cwd, {});
  if (status === 0 && output.split(/\s/).includes(version)) return;
  throw new BuildError(`Cannot use the build: "${path.basename(program)} --version" gave ${status} and "${output}"`);
}

/** A connection error names the socket, so it shows whether the variable came from the planted file. */
async function ignoresDotEnv(program: string, cwd: string): Promise<void> {
  const real = socketOf(cwd, "environment");
  const told = await call([program, "ping"], cwd, { HOST_SERVICE_SOCKET: real });
  if (!told.output.includes(real)) {
    throw new BuildError(`Cannot use the build: "ping" without a daemon does not name its socket: "${told.output}"`);
  }
  const untold = await call([program, "ping"], cwd, {});
  if (untold.output.includes(socketOf(cwd, "dot-env"))) {
    throw new BuildError('Cannot use the build: it read the ".env" of the working directory');
  }
}

async function call(
  command: string[],
  cwd: string,
  env: Record<string, string>,
): Promise<{ status: number; output: string }> {
  const child = Bun.spawn(command, { cwd, env, stdin: "ignore", stdout: "pipe", stderr: "pipe", timeout: 30_000 });
  const [out, err, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { status, output: `${out}${err}`.trim() };
}

function socketOf(directory: string, name: string): string {
  return path.join(directory, `${name}.socket`);
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
