// A daemon that is killed within a change of what runs, at each step that takes its time; then the next one of the same boot.
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { readFile, readlink, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Device } from "../kit/device.ts";
import { begin } from "../kit/run.ts";
import { until } from "../kit/until.ts";
import {
  commitFirst,
  failing,
  historyOf,
  lasting,
  post,
  runnable,
  statusOf,
  untilRuns,
  withUnits,
} from "../kit/with-units.ts";
import type { Units } from "../kit/with-units.ts";

setDefaultTimeout(60_000);

/** Kills a daemon of its own process while systemctl is held up at `verb`, which `act` has led it to; then the next daemon comes. */
async function killAt(verb: "stop" | "start", { device, systemd }: Units, act: () => Promise<unknown>): Promise<void> {
  await device.stop();
  const words = ["--config", device.configurationFile, "--boot-id", device.bootId];
  const daemon = begin(words, { PATH: process.env["PATH"] ?? "" });
  try {
    await until("the daemon answers", async () => (await answers(device)) === 200);
    const [hold, calls] = [join(systemd.directory, `edge.hold-${verb}`), join(systemd.directory, "calls")];
    await writeFile(hold, "");
    const before = (await readFile(calls, "utf8")).split("\n").length;
    const acting = act().catch(() => undefined);
    await until(`it asks for ${verb}`, async () => {
      const lines = (await readFile(calls, "utf8")).split("\n").slice(before - 1);
      return lines.some((line) => line.startsWith(`${verb} `));
    });
    daemon.kill("SIGKILL");
    await daemon.exited;
    await acting;
    await rm(hold);
  } finally {
    daemon.kill("SIGKILL");
    await daemon.exited;
  }
  expect(existsSync(join(device.directory, "run/.current/.edge.change"))).toBe(true);
  await device.start();
}

async function answers(device: Device): Promise<number> {
  return await device.call("GET", "/v1/ping").then(
    ({ status }) => status,
    () => 0,
  );
}

async function expectNow(device: Device, state: string, version: string): Promise<void> {
  await until("it was brought to its end", async () => (await statusOf(device))["operation"] === undefined);
  await untilRuns(device, version);
  expect((await historyOf(device)).at(-1)).toBe(
    `restart done ${version} a change of what runs had been cut off with the daemon`,
  );
  expect(await statusOf(device)).toMatchObject({ state, running: { version } });
  const { running } = (await statusOf(device)) as { running: { slot: string } };
  expect(await readlink(join(device.directory, "run/.current/edge"))).toEndWith(`/edge/slots/${running.slot}`);
  expect(existsSync(join(device.directory, "run/.current/.edge.change"))).toBe(false);
  expect(device.logged.some(({ message }) => message.includes("was cut off"))).toBe(true);
}

test("killed while a try stops what runs: the candidate waits, and what ran runs again", () =>
  withUnits(async (units) => {
    const { device } = units;
    await commitFirst(device);
    await device.install(runnable("2.0.0"));
    await killAt("stop", units, () => post(device, "try"));
    await expectNow(device, "pending", "1.0.0");
  }));

test("killed while a try starts the candidate: the candidate runs, and its trial is watched", () =>
  withUnits(async (units) => {
    const { device } = units;
    await commitFirst(device);
    await device.install(runnable("2.0.0", lasting("2.0.0"), { trial: { timeout: "1h" } }));
    await killAt("start", units, () => post(device, "try"));
    await expectNow(device, "trying", "2.0.0");
    expect((await statusOf(device))["trial"]).toMatchObject({ commit: "manual", endsAt: expect.any(String) });
  }));

test("killed while the fallback of a failed trial starts: the fallback runs", () =>
  withUnits(async (units) => {
    const { device, systemd } = units;
    await commitFirst(device);
    await device.install(
      runnable("2.0.0", `test -e ${systemd.directory}/fail && { ${failing("2.0.0")} }\n${lasting("2.0.0")}`),
    );
    await post(device, "try");
    await killAt("start", units, async () => {
      await writeFile(join(systemd.directory, "fail"), "");
      const { MainPID } = systemd.unit("edge");
      process.kill(MainPID, "SIGKILL");
    });
    await expectNow(device, "normal", "1.0.0");
    expect(await statusOf(device)).toMatchObject({ outcome: { result: "failed", version: "2.0.0" } });
  }));

test("a daemon that comes after another finds the containers running", () =>
  withUnits(async ({ device, systemd }) => {
    await commitFirst(device);
    const before = systemd.unit("edge").MainPID;
    await device.stop();
    await device.start();
    expect(systemd.unit("edge").MainPID).toBe(before);
    expect(await statusOf(device)).toMatchObject({ unit: { state: "running" } });
  }));
