import { expect, test } from "bun:test";
import { mkdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { examineProcess } from "../../../source/doctor/checks/process.ts";
import type { HealthyHost } from "../healthy.ts";
import { notOk, onHealthyHost, told } from "../healthy.ts";

const examine = (host: HealthyHost) => examineProcess(host.world, host.stateDirectory);

test("examineProcess finds nothing on a healthy host, and does not look at the limits of who is no daemon", () =>
  onHealthyHost(async (host) => {
    const findings = await examine(host);
    expect(notOk(findings)).toEqual([]);
    expect(findings.map(({ check }) => check)).toEqual(["environment", "open files", "clock"]);
    host.world = { ...host.world, daemon: undefined };
    expect((await examine(host)).map(({ check }) => check)).toEqual(["environment", "clock"]);
  }));

test("examineProcess finds an environment that changes what the program is", () =>
  onHealthyHost(async (host) => {
    host.world = { ...host.world, environment: { BUN_OPTIONS: "" } };
    expect(told(await examine(host), "environment", host)).toBe(
      "warning: BUN_OPTIONS can make this program run other code -> unset it where the program is started; in a unit: UnsetEnvironment=BUN_OPTIONS BUN_BE_BUN",
    );
  }));

test("examineProcess finds a low limit of open files", () =>
  onHealthyHost(async (host) => {
    await host.write("proc/self/limits", "Max open files            1024                 4096                 files\n");
    expect(told(await examine(host), "open files", host)).toBe(
      "warning: the daemon may have 1024: that many idle clients stop it from answering -> set LimitNOFILE=65536 in its unit",
    );
  }));

test("examineProcess finds a clock that was never set, and one that went back", () =>
  onHealthyHost(async (host) => {
    const now = host.world.now;
    host.world = { ...host.world, now: new Date("1970-01-01T00:05:00Z") };
    expect(told(await examine(host), "clock", host)).toStartWith(
      "warning: it shows 1970-01-01T00:05:00Z, which is past -> set",
    );
    const history = join(host.stateDirectory, "history.ndjson");
    await writeFile(history, "");
    await utimes(history, now, new Date(now.getTime() + 3_600_000));
    host.world = { ...host.world, now };
    expect(told(await examine(host), "clock", host)).toStartWith(
      "warning: it shows 2026-11-25T12:00:00Z, and the history was written later than that -> set",
    );
  }));

test("examineProcess finds libraries for containers that are missing, or of another C library than this host's", () =>
  onHealthyHost(async (host) => {
    const lib = join(host.directory, "container/lib");
    await mkdir(lib, { recursive: true });
    host.world = { ...host.world, program: [join(lib, "hostctl")] };
    await host.write("proc/self/maps", "7f00-7f01 r-xp 00001000 fe:00 1234      /usr/lib/libc.so.6\n");
    await host.write("usr/lib/libc.so.6", "new");
    const found = async () => told(await examine(host), "hostctl in containers", host);
    expect(await found()).toBe(
      'problem: its libraries are not in "…/container/lib" -> run host-service container-files',
    );
    await writeFile(join(lib, "libc.so.6"), "old");
    expect(await found()).toBe(
      "warning: its libraries are not those of this host any more -> run host-service container-files",
    );
    await writeFile(join(lib, "libc.so.6"), "new");
    expect(await found()).toBe('ok: its libraries are in "…/container/lib"');
  }));
