// What a container's unit calls beside `run`, which needs a unit: see e2e/device.
import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readRunNote, writeRunNote } from "@host-service/runtime/run";
import { endingsPath, readEndings } from "@host-service/runtime/units";
import { startInOrder } from "../../source/commands/container/start-all.ts";

const program = join(import.meta.dirname, "../../../executable/source/main.ts");

interface Host {
  directory: string;
  run: string;
  /** The command lines of the programs that were called. */
  called(): string[];
  container(verb: string, environment: Record<string, string>): Promise<{ status: number; errors: string }>;
  [Symbol.dispose](): void;
}

/** A host whose systemctl and lxc-stop only note how they were called; `lxcStop` is what the latter does then. */
function host({ lxcStop = "true" } = {}): Host {
  const directory = mkdtempSync(join(tmpdir(), "host-service-"));
  const run = join(directory, "run");
  const calls = join(directory, "calls");
  mkdirSync(join(run, ".current"), { recursive: true });
  mkdirSync(join(directory, "bin"));
  writeFileSync(calls, "");
  writeFileSync(join(directory, "config.toml"), `run_dir = "${run}"\nstate_dir = "${join(directory, "state")}"\n`);
  for (const [name, then] of Object.entries({ systemctl: "true", "lxc-stop": lxcStop })) {
    const text = `#!/bin/sh\necho "${name} $*" >> ${calls}\n${then}\n`;
    writeFileSync(join(directory, "bin", name), text, { mode: 0o755 });
  }
  return {
    directory,
    run,
    called: () => Bun.spawnSync(["cat", calls]).stdout.toString().split("\n").filter(Boolean),
    async container(verb, environment) {
      const options = ["--config", join(directory, "config.toml")];
      const argv = [process.execPath, program, "host-service", "container", verb, "edge", ...options];
      const path = `${join(directory, "bin")}:${process.env["PATH"]}`;
      const child = Bun.spawn(argv, { env: { PATH: path, ...environment }, stdout: "pipe", stderr: "pipe" });
      const errors = await child.stderr.text();
      return { status: await child.exited, errors: errors.trim() };
    },
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}

const failed = { SERVICE_RESULT: "exit-code", EXIT_CODE: "exited", EXIT_STATUS: "1" };
const rebooted = { SERVICE_RESULT: "success", EXIT_CODE: "exited", EXIT_STATUS: "133" };
const stopped = { SERVICE_RESULT: "success", EXIT_CODE: "killed", EXIT_STATUS: "TERM" };
const stop = "systemctl --no-ask-password stop --no-block host-service-container@edge.service";

test("ended notes each ending, and has the unit stay ended only where config.yaml wants that", async () => {
  for (const [restart, ending, calls] of [
    [true, failed, []],
    [false, failed, [stop]],
    [false, rebooted, []],
    [false, stopped, []],
  ] as const) {
    using made = host();
    writeRunNote(made.run, "edge", { runtime: "nspawn", restart });
    expect((await made.container("ended", ending)).status).toBe(0);
    expect(readEndings(endingsPath(made.run, "edge"))).toEqual([
      expect.objectContaining({ result: ending.SERVICE_RESULT, code: ending.EXIT_CODE, status: ending.EXIT_STATUS }),
    ]);
    expect([restart, ending, made.called()]).toEqual([restart, ending, [...calls]]);
  }
});

test("ended of a LXC container tells systemd what lxc-start kept to itself, unless the container was told to end", async () => {
  const ended = { SERVICE_RESULT: "success", EXIT_CODE: "exited", EXIT_STATUS: "0" };
  const log = "INFO error - error.c:lxc_error_set_and_log:31 - Child <9> ended on error (7)\n";
  const failure = { result: "exit-code", code: "exited", status: "7" };
  const success = { result: "success", code: "exited", status: "0" };
  for (const [note, text, status, ending, calls] of [
    [{ restart: true }, log, 1, failure, []],
    [{ restart: true }, "", 0, success, []],
    [{ restart: true, halted: true }, log, 0, success, []],
    [{ restart: false }, log, 0, failure, [stop]],
  ] as const) {
    using made = host();
    writeRunNote(made.run, "edge", { runtime: "lxc", ...note });
    writeFileSync(join(made.run, ".current/.edge.lxc"), text);
    expect((await made.container("ended", ended)).status).toBe(status);
    expect(readEndings(endingsPath(made.run, "edge"))).toEqual([expect.objectContaining(ending)]);
    expect(made.called()).toEqual([...calls]);
  }
});

test("ended of a container that never came so far notes it as well", async () => {
  using made = host();
  rmSync(made.run, { recursive: true });
  expect(await made.container("ended", failed)).toEqual({ status: 0, errors: "" });
  expect(readEndings(endingsPath(made.run, "edge"))).toHaveLength(1);
  expect(readRunNote(made.run, "edge")).toBeUndefined();
});

function sleeping(): { pid: string; ended: Promise<unknown>; signal: () => unknown; kill: () => void } {
  const child = Bun.spawn(["sleep", "600"], { stdio: ["ignore", "ignore", "ignore"] });
  return {
    pid: String(child.pid),
    ended: child.exited,
    signal: () => child.signalCode,
    kill: () => child.kill("SIGKILL"),
  };
}

test("halt leaves a nspawn container to systemd, unless config.yaml says how long it may take", async () => {
  using made = host();
  const main = sleeping();
  writeRunNote(made.run, "edge", { runtime: "nspawn", restart: true });
  expect(await made.container("halt", { MAINPID: main.pid })).toEqual({ status: 0, errors: "" });
  expect(main.signal()).toBeNull();
  writeRunNote(made.run, "edge", { runtime: "nspawn", restart: true, stopTimeoutMs: 60_000 });
  expect(await made.container("halt", { MAINPID: main.pid })).toEqual({ status: 0, errors: "" });
  await main.ended;
  expect(main.signal()).toBe("SIGTERM");
});

test("halt kills what does not end in its time", async () => {
  using made = host();
  const main = Bun.spawn(["sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.05; done"], { stdout: "pipe" });
  for await (const _ of main.stdout) break;
  writeRunNote(made.run, "edge", { runtime: "nspawn", restart: true, stopTimeoutMs: 100 });
  const { status, errors } = await made.container("halt", { MAINPID: String(main.pid) });
  expect({ status, errors }).toEqual({ status: 0, errors: "The container did not end within 0.1 s and is killed" });
  await main.exited;
  expect(main.signalCode).toBe("SIGKILL");
});

test("halt has LXC end its container, and takes one that ended meanwhile for ended", async () => {
  const main = sleeping();
  try {
    for (const [lxcStop, status] of [
      ["true", 0],
      ["exit 1", 1],
    ] as const) {
      using made = host({ lxcStop });
      writeRunNote(made.run, "edge", { runtime: "lxc", restart: true, stopTimeoutMs: 7000 });
      expect((await made.container("halt", { MAINPID: main.pid })).status).toBe(status);
      const path = join(made.run, ".private/edge");
      const file = `/proc/${main.pid}/root${path}/config`;
      expect(made.called()).toEqual([`lxc-stop --name=edge --lxcpath=${path} --rcfile=${file} --timeout=7`]);
      expect((await made.container("halt", {})).status).toBe(0);
    }
    using made = host({ lxcStop: `kill -9 ${main.pid}; sleep 0.1; exit 2` });
    writeRunNote(made.run, "edge", { runtime: "lxc", restart: true });
    const halting = made.container("halt", { MAINPID: main.pid });
    await main.ended;
    expect((await halting).status).toBe(0);
  } finally {
    main.kill();
  }
});

test("run of a container that is not there says so", async () => {
  using made = host();
  const { status, errors } = await made.container("run", {});
  expect(status).toBe(1);
  expect(errors).toBe(
    'Cannot start "edge": there is no such container; install an image, and reboot or hostctl container try',
  );
});

test("startInOrder: by priority, then by name; a delay holds what comes after; one that fails stops nobody", async () => {
  const events: string[] = [];
  const gates = new Map(["slow", "next"].map((name) => [name, Promise.withResolvers<void>()]));
  const units = {
    async start(name: string) {
      events.push(`start ${name}`);
      await gates.get(name)?.promise;
      if (name === "broken") throw new Error('Cannot start "broken": it is broken');
      events.push(`runs ${name}`);
    },
  };
  const one = (name: string, priority: number, delayMs = 0) => ({ name, priority, delayMs });
  const all = startInOrder(
    [one("late", 0), one("broken", 5), one("slow", 9), one("next", 5, 1), one("zulu", 5)],
    units,
  );
  await Promise.resolve();
  expect(events).toEqual(["start slow"]);
  gates.get("slow")?.resolve();
  await Bun.sleep(0);
  gates.get("next")?.resolve();
  expect(await all).toBe(false);
  expect(events).toEqual([
    "start slow",
    "runs slow",
    "start broken",
    "start next",
    "runs next",
    "start zulu",
    "runs zulu",
    "start late",
    "runs late",
  ]);
  expect(await startInOrder([one("a", 0)], units)).toBe(true);
});
