// `bun run build`: source/main.ts becomes dist/hostctl, with its other names beside it as links.
// Made and smoke-tested in a directory of its own; what was in dist/ is replaced when the new file has answered.

import { mkdir, mkdtemp, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import packageFile from "../package.json" with { type: "json" };
import { digestOfInputs } from "./inputs.ts";
import { architectureOf, launcherOf } from "./launcher/launcher.ts";
import { allNames, executable, launcher, otherNames } from "./names.ts";
import { BuildError, smoke } from "./smoke.ts";

const root = path.resolve(import.meta.dirname, "../../..");
const { target } = parseArgs({ options: { target: { type: "string" } } }).values;
const dist = path.join(root, "dist", target ?? "");
const recordedInputs = path.join(dist, ".inputs");

const options = [
  "--compile",
  "--minify",
  "--bytecode",
  "--format=esm", // without it bytecode fails on some modules, and the build exits 0 with a broken file
  "--sourcemap=none",
  // Each way of the program is a chunk of its own: `ping` and the boot hook load nothing of the server.
  "--splitting",
  // A program that runs as root must not read the .env and bunfig.toml of wherever it is called.
  "--no-compile-autoload-dotenv",
  "--no-compile-autoload-bunfig",
];

try {
  await build();
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

async function build(): Promise<void> {
  const all = target === undefined ? options : [...options, `--target=${target}`];
  const digest = await digestOfInputs(root, all);
  if (await isMadeOf(digest)) {
    process.stderr.write(`build: ${path.relative(root, dist)}/ is up to date\n`);
    return;
  }
  const started = performance.now();
  await mkdir(dist, { recursive: true });
  const fresh = await mkdtemp(path.join(dist, ".new-"));
  try {
    await compile(path.join(fresh, executable), all);
    for (const name of otherNames) await symlink(executable, path.join(fresh, name));
    await writeFile(path.join(fresh, launcher), launcherOf(architectureOf(target)), { mode: 0o755 });
    // Another architecture's file does not run here; its own machine has to test it.
    if (target === undefined) await smoke(fresh, packageFile.version);
    await publish(fresh, digest);
  } finally {
    await rm(fresh, { recursive: true });
  }
  const { size } = await stat(path.join(dist, executable));
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stderr.write(
    `build: ${path.relative(root, path.join(dist, executable))} ${packageFile.version}, ${(size / 1e6).toFixed(1)} MB, ${seconds} s\n`,
  );
}

async function compile(outfile: string, all: readonly string[]): Promise<void> {
  const entry = path.join(root, "packages/executable/source/main.ts");
  const command = [process.execPath, "build", ...all, entry, "--outfile", outfile];
  const child = Bun.spawn(command, { cwd: path.dirname(outfile), stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [out, err, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (status !== 0 || !(await stat(outfile).catch(() => undefined))) {
    throw new BuildError(`${out}${err}Cannot compile "${path.relative(root, entry)}": exit status ${status}`);
  }
}

async function publish(fresh: string, digest: string): Promise<void> {
  await rm(recordedInputs, { force: true });
  for (const name of [...allNames, launcher]) await rename(path.join(fresh, name), path.join(dist, name));
  await writeFile(recordedInputs, digest);
}

async function isMadeOf(digest: string): Promise<boolean> {
  const made = await Promise.all([...allNames, launcher].map((name) => Bun.file(path.join(dist, name)).exists()));
  const recorded = await readFile(recordedInputs, "utf8").catch(() => "");
  return made.every(Boolean) && recorded === digest;
}
