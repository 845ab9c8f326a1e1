import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { readFile, readlink, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { until } from "../kit/until.ts";
import { commitFirst, historyOf, lasting, post, runnable, statusOf, untilRuns, withUnits } from "../kit/with-units.ts";

setDefaultTimeout(60_000);

test("try stops what runs, starts the candidate, and the next boot goes back", () =>
  withUnits(async ({ device, systemd }) => {
    await commitFirst(device);
    await untilRuns(device, "1.0.0");
    await device.install(runnable("2.0.0"));
    const { status, body } = await post(device, "try");
    expect([status, body["warnings"]]).toEqual([200, []]);
    expect(await statusOf(device)).toMatchObject({
      state: "trying",
      running: { version: "2.0.0", slot: "b" },
      nextBoot: { version: "1.0.0" },
      bootsLeft: 0,
      runtime: "lxc",
      unit: { state: "running", since: expect.stringMatching(/^\d{4}-.*Z$/), ended: { how: "with exit status 0" } },
      trial: { commit: "manual" },
    });
    expect(await readlink(join(device.directory, "run/.current/edge"))).toEndWith("/edge/slots/b");
    expect(existsSync(join(device.directory, "run/.current/.edge.change"))).toBe(false);
    const refused = await post(device, "try");
    expect([refused.status, refused.body["code"]]).toEqual([409, "refused-in-state"]);
    systemd.reboot();
    await device.reboot();
    expect(await statusOf(device)).toMatchObject({
      state: "normal",
      running: { version: "1.0.0" },
      unit: { state: "stopped" },
    });
    expect(await historyOf(device)).toEqual([
      "install done 1.0.0",
      "try done 1.0.0",
      "commit done 1.0.0",
      "install done 2.0.0",
      "try done 2.0.0",
      "boot done 2.0.0 rebooted without commit",
    ]);
  }));

test("start, stop and restart do what they say, and the status tells it", () =>
  withUnits(async ({ device, systemd }) => {
    await device.install(runnable("1.0.0"));
    const early = await post(device, "start");
    expect([early.status, early.body["detail"]]).toEqual([
      409,
      'Cannot start "edge": this boot runs no image of it; try the candidate (hostctl container try), or reboot',
    ]);
    await post(device, "try");
    await post(device, "commit");
    const first = systemd.unit("edge").MainPID;
    expect(first).toBeGreaterThan(0);
    expect((await post(device, "stop")).body).toMatchObject({ container: { unit: { state: "stopped" } } });
    expect(systemd.unit("edge").MainPID).toBe(0);
    expect((await post(device, "stop")).status).toBe(200);
    expect((await post(device, "start")).body).toMatchObject({ container: { unit: { state: "running" } } });
    const second = systemd.unit("edge").MainPID;
    expect((await post(device, "restart")).status).toBe(200);
    expect(systemd.unit("edge").MainPID).not.toBe(second);
    expect((await historyOf(device)).slice(-4)).toEqual([
      "stop done 1.0.0",
      "stop done 1.0.0",
      "start done 1.0.0",
      "restart done 1.0.0",
    ]);
  }));

test("what systemd says no to is told in its words, with what to do", () =>
  withUnits(async ({ device, systemd }) => {
    await commitFirst(device);
    await writeFile(join(systemd.directory, "no-unit"), "");
    const missing = await post(device, "restart");
    expect([missing.status, missing.body["code"], missing.body["detail"]]).toEqual([
      501,
      "not-supported",
      'Cannot run "edge": this host has no unit "host-service-container@.service"; install it from the package of host-service',
    ]);
    expect((await statusOf(device))["unit"]).toBeUndefined();
    await rm(join(systemd.directory, "no-unit"));
    await writeFile(
      join(systemd.directory, "edge.fail-stop"),
      "Failed to stop it: Transaction is destructive.\nSee the manual.\n",
    );
    const { status, body } = await post(device, "stop");
    expect([status, body["code"], body["detail"]]).toEqual([
      502,
      "unit-failed",
      'Cannot stop "edge": systemctl says: Failed to stop it: Transaction is destructive; see hostctl container logs --name edge',
    ]);
  }));

test("a candidate without a runtime cannot be tried, nor one beside an image without", () =>
  withUnits(async ({ device }) => {
    await device.install(runnable("1.0.0", lasting("1.0.0"), { runtime: "none", config: {} }));
    const refused = 'Cannot try the candidate of "edge": its runtime is "none"; reboot the host to try it';
    expect((await post(device, "try")).body["detail"]).toBe(refused);
    await device.reboot();
    await post(device, "commit");
    await device.install(runnable("2.0.0"));
    expect((await post(device, "try")).body["detail"]).toBe(refused);
    expect((await statusOf(device))["state"]).toBe("pending");
  }));

for (const action of ["restart", "stop", "try"]) {
  test(`a container that asks for its own ${action} is answered before it ends`, () =>
    withUnits(async ({ device, systemd }) => {
      await commitFirst(device);
      if (action === "try") await device.install(runnable("2.0.0"));
      const before = systemd.unit("edge").MainPID;
      const { status, body } = await post(device, action, "edge");
      expect(status).toBe(200);
      expect(body["warnings"]).toEqual([
        `this answer comes before the ${action}, as it may end who asked for it; see hostctl container history`,
      ]);
      expect(systemd.unit("edge").MainPID).toBe(before);
      await until("it has ended", () => systemd.unit("edge").MainPID !== before);
      await untilRuns(device, { restart: "1.0.0", stop: undefined, try: "2.0.0" }[action]);
      const busy = async () => (await statusOf(device))["operation"] !== undefined;
      await until("the operation has ended", async () => !(await busy()));
      expect((await historyOf(device)).at(-1)).toStartWith(`${action} done`);
    }));
}

test("a container hears at once that it cannot be tried", () =>
  withUnits(async ({ device }) => {
    await commitFirst(device);
    const { status, body } = await post(device, "try", "edge");
    expect([status, body["code"]]).toEqual([409, "refused-in-state"]);
  }));

test("remove stops the container first, and takes what was noted of it", () =>
  withUnits(async ({ device, systemd }) => {
    await commitFirst(device);
    const { MainPID } = systemd.unit("edge");
    expect((await device.call("DELETE", "/v1/containers/edge")).status).toBe(200);
    expect(systemd.unit("edge")).toMatchObject({ ActiveState: "inactive", MainPID: 0 });
    expect(existsSync(`/proc/${MainPID}`)).toBe(false);
    expect([...new Bun.Glob("**").scanSync({ cwd: join(device.directory, "run/.current"), dot: true })]).toEqual([]);
  }));

test("a try that does not stop what runs changes nothing", () =>
  withUnits(async ({ device, systemd }) => {
    await commitFirst(device);
    await device.install(runnable("2.0.0"));
    await writeFile(join(systemd.directory, "edge.fail-stop"), "it hangs");
    expect((await post(device, "try")).status).toBe(502);
    expect(await statusOf(device)).toMatchObject({
      state: "pending",
      running: { version: "1.0.0" },
      unit: { state: "running" },
    });
  }));

test("a try whose candidate does not start is done all the same, and says so", () =>
  withUnits(async ({ device, systemd }) => {
    await commitFirst(device);
    await device.install(runnable("2.0.0"));
    await writeFile(join(systemd.directory, "edge.fail-start"), "Job for it failed.");
    const { status, body } = await post(device, "try");
    expect([status, body["warnings"]]).toEqual([200, [expect.stringContaining('Cannot start "edge"')]]);
    expect((await statusOf(device))["state"]).toBe("trying");
    expect(await readFile(join(systemd.directory, "calls"), "utf8")).toContain("reset-failed");
  }));
