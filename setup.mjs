// `npm run <task>` on a machine that has only Node.js and npm, and `bun run <task>` with any Bun.
// Fetches the pinned Bun, installs what bun.lock says, then runs the task with that Bun. Plain Node.js without
// dependencies, because it runs before there are any. What it fetches stays in .cache/ and node_modules/.

import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

const tasks = {
  demo: "demo/main.ts",
  test: "tasks/test.ts",
  check: "tasks/check.ts",
  build: "packages/executable/compile/main.ts",
  bench: "bench/main.ts",
  package: "packaging/main.ts",
};

const root = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname);
const cache = path.join(root, ".cache");
const installed = path.join(root, "node_modules");
const stamp = path.join(installed, ".bun.lock.sha256");
const version = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8")).devDependencies.bun;
const environment = taskEnvironment();

const [task, ...rest] = process.argv.slice(2);
if (!Object.hasOwn(tasks, task ?? "")) {
  fail(`Cannot run task "${task ?? ""}": there are ${Object.keys(tasks).join(", ")}`, 2);
}
if (!isInstalled()) alone(install);
run(bunOf(installed), [path.join(root, tasks[task]), ...rest]);

function isInstalled() {
  return fs.existsSync(stamp) && fs.readFileSync(stamp, "utf8") === lockDigest() && isPinned(bunOf(installed));
}

function install() {
  if (isInstalled()) return;
  const bun = process.versions.bun === version ? process.execPath : fetchBun();
  step("installing the dependencies of bun.lock", bun, ["install", "--frozen-lockfile"], root);
  if (!isPinned(bunOf(installed))) linkBinary(installed);
  fs.writeFileSync(stamp, lockDigest());
}

/** From the registry, by npm or by another Bun; the directory appears under its final name when it is complete. */
function fetchBun() {
  const directory = path.join(cache, `bun-${version}`);
  const modules = path.join(directory, "node_modules");
  if (isPinned(bunOf(modules))) return bunOf(modules);
  const fresh = `${directory}.new`;
  fs.rmSync(fresh, { recursive: true, force: true });
  fs.mkdirSync(fresh, { recursive: true });
  fs.writeFileSync(path.join(fresh, "package.json"), '{ "private": true }\n');
  const byNpm = ["install", "--prefix", fresh, "--ignore-scripts", "--include=optional", "--no-audit", "--no-fund"];
  const [command, flags] = process.versions.bun
    ? [process.execPath, ["add", "--ignore-scripts"]]
    : ["npm", [...byNpm, "--loglevel=error"]];
  step(`fetching Bun ${version}`, command, [...flags, `bun@${version}`], fresh);
  linkBinary(path.join(fresh, "node_modules"));
  fs.rmSync(directory, { recursive: true, force: true });
  fs.renameSync(fresh, directory);
  return bunOf(modules);
}

/** npm and Bun may both skip a package's install script; Bun's puts the binary for this machine in its place. */
function linkBinary(modules) {
  step(`setting up Bun ${version}`, process.execPath, ["install.js"], path.join(modules, "bun"));
  if (!isPinned(bunOf(modules))) fail(`Cannot set up Bun ${version}: "${bunOf(modules)}" does not run on this machine`);
}

function bunOf(modules) {
  return path.join(modules, "bun", "bin", "bun.exe");
}

function isPinned(bun) {
  const answer = spawnSync(bun, ["--version"], { env: environment, encoding: "utf8" });
  return answer.status === 0 && answer.stdout.trim() === version;
}

function lockDigest() {
  return createHash("sha256")
    .update(fs.readFileSync(path.join(root, "bun.lock")))
    .digest("hex");
}

/** One set-up at a time; a lock whose owner is gone is taken over. */
function alone(work) {
  const lock = path.join(cache, "setup.lock");
  fs.mkdirSync(cache, { recursive: true });
  while (!tryLock(lock)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  process.on("exit", () => fs.rmSync(lock, { force: true }));
  work();
  fs.rmSync(lock, { force: true });
}

function tryLock(lock) {
  const mine = `${lock}.${process.pid}`;
  fs.writeFileSync(mine, String(process.pid));
  try {
    fs.linkSync(mine, lock); // a link appears together with its contents
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    if (!isAlive(lock)) fs.rmSync(lock, { force: true });
    return false;
  } finally {
    fs.rmSync(mine);
  }
}

function isAlive(lock) {
  try {
    return process.kill(Number(fs.readFileSync(lock, "utf8")), 0);
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** One line when it starts; what it printed only when it fails. */
function step(name, command, args, cwd) {
  process.stderr.write(`setup: ${name}\n`);
  const done = spawnSync(command, args, { cwd, env: environment, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  if (done.status === 0) return;
  const why = done.error?.message ?? (done.signal ? `signal ${done.signal}` : `exit status ${done.status}`);
  fail(`${done.stdout ?? ""}${done.stderr ?? ""}Cannot go on: ${name} failed: ${why}`);
}

/** The caller's own, less what turns our programs into plain Bun, and with caches here where there is no home to keep them. */
function taskEnvironment() {
  const { BUN_OPTIONS: _options, BUN_BE_BUN: _beBun, ...env } = process.env;
  if (isWritable(os.homedir())) return env;
  return { ...env, npm_config_cache: path.join(cache, "npm"), BUN_INSTALL_CACHE_DIR: path.join(cache, "bun-packages") };
}

function isWritable(directory) {
  try {
    fs.accessSync(directory, fs.constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function run(bun, args) {
  const child = spawn(bun, args, { cwd: root, env: environment, stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    // A terminal sends Ctrl-C to the child as well; twice would mean "at once" to it.
    process.on(signal, () => (signal === "SIGINT" && process.stdin.isTTY ? undefined : child.kill(signal)));
  }
  child.on("error", (error) => fail(`Cannot run "${bun}": ${error.message}`));
  child.on("exit", (code, signal) => process.exit(code ?? 128 + os.constants.signals[signal]));
}

function fail(message, status = 1) {
  process.stderr.write(`${message}\n`);
  process.exit(status);
}
