// Trials that end by themselves, with real processes under the fake systemd.
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Device } from "../../kit/device.ts";
import { imageOf } from "../../kit/images.ts";
import { until } from "../../kit/until.ts";
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
} from "../../kit/with-units.ts";

setDefaultTimeout(60_000);

const isRoot = process.getuid?.() === 0;
if (!isRoot) console.info("skipped: health checks inside a container: they need root, to enter its namespaces");

async function untilState(device: Device, state: string): Promise<Record<string, unknown>> {
  await until(`the state is ${state}, and nothing is under way`, async () => {
    const found = await statusOf(device);
    return found["state"] === state && found["operation"] === undefined;
  });
  return await statusOf(device);
}

const kept = (device: Device) => readFile(join(device.directory, "state/containers/edge/trial.log"), "utf8");

test("a candidate that dies again and again is left for its fallback, with the reason everywhere", () =>
  withUnits(async ({ device, systemd }) => {
    await commitFirst(device);
    await device.install(runnable("2.0.0", failing("2.0.0")));
    await post(device, "try");
    const why = "it ended 3 times within 60 s, the last time with exit status 1";
    const status = await untilState(device, "normal");
    await untilRuns(device, "1.0.0");
    expect(status).toMatchObject({
      running: { version: "1.0.0" },
      why: `version 1.0.0 is committed; version 2.0.0 failed: ${why}`,
      outcome: { result: "failed", version: "2.0.0", why },
    });
    await until("the history has it", async () => (await historyOf(device)).some((line) => line.includes(why)));
    expect((await historyOf(device)).at(-1)).toBe(`end-trial done 2.0.0 ${why}`);
    await until("the log was kept", async () => (await kept(device)).includes("the trial is over"));
    const log = await kept(device);
    expect(log.split("\n")[0]).toMatch(/^-- trial of version 2\.0\.0, image sha256:[0-9a-f]{64}, in boot boot-1$/);
    expect(log).toContain(" version 2.0.0 cannot find its disk\n");
    expect(log).toContain(" systemd: Main process exited, code=exited, status=1\n");
    expect(log).not.toContain("this is 1.0.0");
    expect(log).toEndWith(`-- the trial is over: version 1.0.0 is committed; version 2.0.0 failed: ${why}\n`);
    // A daemon that is started again tells it once, and as what it was.
    await device.stop();
    await device.start();
    expect((await historyOf(device)).filter((line) => line.includes(why))).toHaveLength(1);
    expect(systemd.unit("edge").ActiveState).toBe("active");
  }));

test("a first image that fails is stopped, and nothing starts it for ever", () =>
  withUnits(async ({ device, systemd }) => {
    await device.install(runnable("1.0.0", failing("1.0.0")));
    await post(device, "try");
    const status = await untilState(device, "normal");
    expect(status).toMatchObject({ empty: true, outcome: { result: "failed" } });
    expect(status["why"]).toEndWith("with exit status 1; there is no image to go back to");
    await until("its unit is stopped", () => systemd.unit("edge").supervisor === 0);
    expect(systemd.unit("edge").ActiveState).toBe("inactive");
    expect((await post(device, "start")).status).toBe(409);
    expect((await device.install(runnable("1.0.1"))).status).toBe(200);
  }));

test("a unit that systemd gave up ends the trial", () =>
  withUnits(
    async ({ device }) => {
      await commitFirst(device);
      await device.install(runnable("2.0.0", failing("2.0.0")));
      await post(device, "try");
      const { why } = await untilState(device, "normal");
      expect(why).toContain("its unit failed and is not started again; it ended with exit status 1");
    },
    { startsMax: 2 },
  ));

test("a candidate that ends well and by itself is left for its fallback, one that somebody stops is not", () =>
  withUnits(async ({ device, systemd }) => {
    await commitFirst(device);
    await device.install(runnable("2.0.0", "exit 0\n"));
    await post(device, "try");
    const { outcome } = await untilState(device, "normal");
    const why = "it ended by itself, with exit status 0, and is not started again";
    expect(outcome).toMatchObject({ result: "failed", version: "2.0.0", why });
    await untilRuns(device, "1.0.0");
    await device.install(runnable("3.0.0"));
    await post(device, "try");
    await untilRuns(device, "3.0.0");
    expect((await post(device, "stop")).status).toBe(200);
    await until("it was looked at", async () => {
      const calls = (await readFile(join(systemd.directory, "calls"), "utf8")).split("\n");
      return (
        calls.slice(calls.findLastIndex((line) => line.startsWith("stop "))).filter((line) => line.startsWith("show "))
          .length > 2
      );
    });
    expect(await statusOf(device)).toMatchObject({ state: "trying", unit: { state: "stopped" } });
  }));

test("the same image may be tried again after it failed", () =>
  withUnits(async ({ device }) => {
    await commitFirst(device);
    await device.install(runnable("2.0.0", failing("2.0.0"), { trial: { timeout: "1h" } }));
    for (const _ of [1, 2]) {
      expect((await post(device, "try")).status).toBe(200);
      await untilState(device, "normal");
      await until("nothing is under way", async () => (await statusOf(device))["operation"] === undefined);
      await device.install(runnable("2.0.0", failing("2.0.0"), { trial: { timeout: "1h" } }));
    }
    const ended = (await historyOf(device)).filter((line) => line.startsWith("end-trial"));
    expect(ended).toHaveLength(2);
  }));

test("trial.timeout counts from the begin of the trial, over a daemon that is started again", () =>
  withUnits(async ({ device }) => {
    await commitFirst(device);
    await device.install(runnable("2.0.0", lasting("2.0.0"), { trial: { timeout: "4s" } }));
    await post(device, "try");
    const began = performance.now();
    const { trial } = (await statusOf(device)) as { trial: { endsAt: string } };
    const leftMs = Date.parse(trial.endsAt) - Date.now();
    expect(leftMs > 2000 && leftMs <= 4000).toBe(true);
    await device.stop();
    await until("half of the time is over", () => performance.now() - began > 2000);
    await device.start();
    const status = await untilState(device, "normal");
    expect(performance.now() - began).toBeLessThan(5500);
    expect(status).toMatchObject({ outcome: { result: "rolled-back", why: "nobody committed it within 4 s" } });
    await untilRuns(device, "1.0.0");
  }));

test("a trial that was committed in time is left alone", () =>
  withUnits(async ({ device }) => {
    await commitFirst(device);
    await device.install(runnable("2.0.0", lasting("2.0.0"), { trial: { timeout: "3s" } }));
    const began = performance.now();
    await post(device, "try");
    expect((await post(device, "commit")).status).toBe(200);
    await until("the time is over", () => performance.now() - began > 4000);
    expect(await statusOf(device)).toMatchObject({ state: "normal", running: { version: "2.0.0" } });
    expect(await kept(device)).toEndWith("-- the trial is over: version 2.0.0 is committed\n");
  }));

test("a trial that the hook began is watched as well", () =>
  withUnits(async ({ device, systemd }) => {
    await commitFirst(device);
    await device.install(runnable("2.0.0", "exit 0\n"));
    systemd.reboot();
    await device.reboot();
    // It has come and gone before the daemon looks for the first time in this boot.
    await device.stop();
    await rm(join(device.directory, "run/.current/.edge.trial"), { force: true });
    const started = Bun.spawn([join(systemd.programs, "systemctl"), "start", "host-service-container@edge.service"]);
    await started.exited;
    await until("it has ended", () => systemd.unit("edge").ActiveState === "inactive");
    await device.start();
    const { outcome } = await untilState(device, "normal");
    expect(outcome).toMatchObject({ result: "failed", version: "2.0.0" });
    await untilRuns(device, "1.0.0");
  }));

test("where the host must not reboot for another trial, the container restarts on its fallback all the same", () =>
  withUnits(
    async ({ device }) => {
      await commitFirst(device);
      await device.install(imageOf("1.0.0", { name: "other" }), { name: "other" });
      await device.reboot();
      expect((await device.call("GET", "/v1/containers/other")).body["state"]).toBe("trying");
      await device.install(runnable("2.0.0", failing("2.0.0")));
      await post(device, "try");
      await untilState(device, "normal");
      await untilRuns(device, "1.0.0");
      const told = device.logged.find(({ message }) => message.includes("restarts instead"));
      expect(told?.members["why"]).toContain('"other" is on trial');
    },
    {
      wishes: '[power]\ndriver = "none"\nreboot_during_trial = "refuse"\n',
      ceiling: 'trial_failure = "reboot"\n',
    },
  ));

test("power.reboot_during_trial and a careful caller keep a reboot from rolling a tried container back", () =>
  withUnits(
    async ({ device }) => {
      const reboot = async (duringTrial: string) => {
        const options = { headers: { "content-type": "application/json" }, body: JSON.stringify({ duringTrial }) };
        const { status, body } = await device.call("POST", "/v1/system/reboot", options);
        return [status, body["code"] ?? "-"];
      };
      await commitFirst(device);
      expect(await reboot("allow")).toEqual([200, "-"]);
      await device.install(runnable("2.0.0"));
      expect(await reboot("refuse")).toEqual([200, "-"]);
      await post(device, "try");
      expect(await reboot("refuse")).toEqual([409, "trial-running"]);
      expect(await reboot("allow")).toEqual([409, "trial-running"]);
      await post(device, "commit");
      expect(await reboot("refuse")).toEqual([200, "-"]);
    },
    { wishes: '[power]\ndriver = "command"\nreboot = ["true"]\nreboot_during_trial = "refuse"\n' },
  ));

test("where it is so configured, the host reboots to leave a trial", async () => {
  const wishes = (reboot: string) =>
    `[power]\ndriver = "command"\nreboot = ["touch", ${JSON.stringify(reboot)}]\nreboot_during_trial = "refuse"\n`;
  const marker = join(process.env["TMPDIR"] ?? "/tmp", `rebooted-${process.pid}`);
  await withUnits(
    async ({ device, systemd }) => {
      await commitFirst(device);
      await device.install(runnable("2.0.0", failing("2.0.0")));
      await post(device, "try");
      await until("the host reboots", () => existsSync(marker));
      const why = "it ended 3 times within 60 s, the last time with exit status 1";
      expect(await statusOf(device)).toMatchObject({ state: "rollback", unit: { state: "stopped" } });
      expect((await historyOf(device)).at(-1)).toBe(`rollback done 2.0.0 ${why}`);
      systemd.reboot();
      await device.reboot();
      expect(await statusOf(device)).toMatchObject({
        running: { version: "1.0.0" },
        outcome: { result: "rolled-back", why },
      });
    },
    { wishes: wishes(marker), ceiling: 'trial_failure = "reboot"\n' },
  );
  await Bun.file(marker).delete();
});

test("the kept log tells after the reboot why a trial failed, although the journal is gone", () =>
  withUnits(async ({ device, systemd }) => {
    await commitFirst(device);
    await device.install(runnable("2.0.0", `echo "its disk is on fire"; ${lasting("2.0.0")}`));
    await post(device, "try");
    await until("it is in the log", async () => (await kept(device)).includes("on fire"));
    systemd.reboot({ volatileJournal: true });
    await device.reboot();
    systemd.write("edge", "version 1.0.0 is up", 77);
    const text = async (query: string) => await (await device.fetch("GET", `/v1/containers/edge/logs${query}`)).text();
    expect(await text("")).toMatch(
      /^-- trial of version 2\.0\.0, .*in boot boot-1\n\S+ its disk is on fire\n\S+ this is 2\.0\.0\n(?:.*\n)*-- this boot --\n\S+ version 1\.0\.0 is up\n$/,
    );
    expect(await text("?trial=true&lines=2")).not.toContain("version 1.0.0");
    expect(await text("?boot=0")).toMatch(/^\S+ version 1\.0\.0 is up\n$/);
    expect(await text("?boot=-1")).toBe("");
  }));

test.skipIf(!isRoot)("a health check that passes N times in a row commits", () =>
  withUnits(
    async ({ device, systemd }) => {
      await commitFirst(device);
      const marker = join(systemd.directory, "well");
      const health = {
        command: ["/bin/sh", "-c", `test -e ${marker} || { echo not yet >&2; exit 3; }; test $$ -lt 100`],
        interval: "100ms",
      };
      const trial = { commit: "ready", timeout: "1h", health } as const;
      await device.install(runnable("2.0.0", lasting("2.0.0"), { trial }));
      await post(device, "try");
      await until("a check has failed", async () => {
        const { trial: seen } = (await statusOf(device)) as { trial?: { problem?: string } };
        return seen?.problem?.endsWith("ended with 3: not yet") === true;
      });
      expect(await statusOf(device)).toMatchObject({ state: "trying", trial: { passes: 0, passesWanted: 3 } });
      await writeFile(marker, "");
      const status = await untilState(device, "normal");
      expect(status).toMatchObject({
        running: { version: "2.0.0" },
        outcome: { result: "committed", why: "its health check passed 3 times in a row" },
      });
      expect((await historyOf(device)).at(-1)).toBe("commit done 2.0.0 its health check passed 3 times in a row");
    },
    { isolated: true },
  ),
);

test.skipIf(!isRoot)("a health check that never passes is why the trial is rolled back", () =>
  withUnits(
    async ({ device }) => {
      await commitFirst(device);
      const health = {
        command: ["/bin/sh", "-c", "echo 'no route \u001b[2J' >&2; exit 3"],
        passes: 1,
        interval: "100ms",
      };
      const trial = { commit: "ready", timeout: "2s", health } as const;
      await device.install(runnable("2.0.0", lasting("2.0.0"), { trial }));
      await post(device, "try");
      const { outcome } = await untilState(device, "normal");
      expect(outcome).toMatchObject({ result: "rolled-back" });
      expect((outcome as { why: string }).why).toMatch(
        /^its health check did not pass within 2 s: "\/bin\/sh .*" ended with 3: no route {2}\[2J$/,
      );
    },
    { isolated: true },
  ),
);
