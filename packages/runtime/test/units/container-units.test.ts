import { expect, setDefaultTimeout, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { containerUnits } from "../../source/units/container-units.ts";
import { endingsPath, readEndings } from "../../source/units/endings.ts";
import { UnitError } from "../../source/units/error.ts";
import { until, withSystemd } from "./systemd.ts";

setDefaultTimeout(60_000);

const units = containerUnits({ isBooted: () => true });

async function failure(work: Promise<unknown>): Promise<[string, string]> {
  const error: unknown = await work.then(
    () => "nothing was refused",
    (thrown: unknown) => thrown,
  );
  return error instanceof UnitError ? [error.kind, error.message] : ["-", String(error)];
}

test("a unit starts, is asked for, restarts and stops; a stop of what does not run is fine", () =>
  withSystemd(async ({ systemd }) => {
    expect(await units.status("edge")).toEqual({ state: "stopped" });
    await units.start("edge");
    const first = await units.status("edge");
    expect(first).toEqual({ state: "running", pid: systemd.unit("edge").MainPID, since: expect.stringMatching(/Z$/) });
    await units.restart("edge");
    const second = await units.status("edge");
    expect(second.state).toBe("running");
    expect(second.pid).not.toBe(first.pid);
    await units.stop("edge");
    await units.stop("edge");
    expect(await units.status("edge")).toMatchObject({ state: "stopped", ended: { result: "success" } });
  }));

test("a unit that fails is started again by systemd, each ending is noted, and at last it is given up", () =>
  withSystemd(
    async ({ systemd, runDirectory }) => {
      await units.start("edge");
      writeFileSync(join(systemd.directory, "fail"), "");
      await until("it was given up", async () => (await units.status("edge")).state === "failed");
      expect(await units.status("edge")).toMatchObject({
        state: "failed",
        ended: { result: "start-limit-hit", code: "exited", status: "7" },
      });
      // The fake notes them as its own program would: this is the format.
      const endings = readEndings(endingsPath(runDirectory, "edge"));
      expect(endings.map(({ result, code, status }) => `${result} ${code} ${status}`)).toEqual(
        Array.from({ length: 4 }, () => "exit-code exited 7"),
      );
      rmSync(join(systemd.directory, "fail"));
      await units.start("edge");
    },
    // Not before it was seen to run: a start that has failed already is answered so.
    { init: 'while [ ! -e "$STATE/fail" ]; do sleep 0.02; done; exit 7', startsMax: 4 },
  ));

test("what systemd refuses is told in its words, each kind with what to do", () =>
  withSystemd(async ({ systemd }) => {
    writeFileSync(join(systemd.directory, "edge.fail-start"), "Job for it \u001b[31mfailed.\nSee the manual.\n");
    expect(await failure(units.start("edge"))).toEqual([
      "failed",
      'Cannot start "edge": systemctl says: Job for it  [31mfailed; see hostctl container logs --name edge',
    ]);
    expect(await failure(containerUnits({ isBooted: () => false }).start("edge"))).toEqual([
      "no-systemd",
      'Cannot start "edge": this host does not run systemd, which starts containers; leave them to the host\'s own units with runtime: none',
    ]);
    writeFileSync(join(systemd.directory, "no-unit"), "");
    const noUnit = (verb: string) =>
      `Cannot ${verb} "edge": this host has no unit "host-service-container@.service"; install it from the package of host-service`;
    expect(await failure(units.stop("edge"))).toEqual(["no-unit", noUnit("stop")]);
    expect(await failure(units.check("edge"))).toEqual(["no-unit", noUnit("run")]);
  }));

test("a host without systemctl is one without systemd", async () => {
  const path = process.env["PATH"];
  process.env["PATH"] = "/nonexistent";
  try {
    expect((await failure(containerUnits({ isBooted: () => false }).stop("edge")))[0]).toBe("no-systemd");
    expect(await failure(units.stop("edge"))).toEqual([
      "failed",
      expect.stringContaining('Executable not found in $PATH: "systemctl"'),
    ]);
  } finally {
    process.env["PATH"] = path;
  }
});
