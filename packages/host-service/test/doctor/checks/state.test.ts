import { expect, test } from "bun:test";
import { chmod, rm } from "node:fs/promises";
import { examineState } from "../../../source/doctor/checks/state.ts";
import { notOk, onHealthyHost, told } from "../healthy.ts";

const upgrade = '[upgrade]\ndevice_type = "x"\nslots = ["/dev/a", "/dev/b"]\nboot_environment = "u-boot"\n';

test("examineState finds nothing on a healthy host, and leaves nothing behind", () =>
  onHealthyHost(async (host) => {
    const findings = await examineState(host.world, host.configuration(), { bytes: 1, entries: 1 });
    expect(notOk(findings)).toEqual([]);
    expect(told(findings, "state", host)).toBe('ok: "…/state"');
    expect(told(findings, "block sharing", host)).toStartWith("ok: ");
    expect(await Array.fromAsync(new Bun.Glob("**/*").scan({ cwd: host.stateDirectory, dot: true }))).toEqual([]);
  }));

test("examineState finds a state that is not there", () =>
  onHealthyHost(async (host) => {
    await rm(host.stateDirectory, { recursive: true });
    const findings = await examineState(host.world, host.configuration(), undefined);
    expect(findings.map(({ check }) => check)).toEqual(["state"]);
    expect(told(findings, "state", host)).toBe(
      'problem: "…/state" of state_dir cannot be looked at (ENOENT: no such file or directory) -> start host-service, which makes it, or mount what it should be on',
    );
  }));

test("examineState finds a state that others can read", () =>
  onHealthyHost(async (host) => {
    await chmod(host.stateDirectory, 0o755);
    const findings = await examineState(host.world, host.configuration(), undefined);
    expect(told(findings, "state", host)).toBe('warning: "…/state" can be read by others -> run chmod 0700 …/state');
  }));

test("examineState finds that nothing can be installed, and that the largest image has no room", () =>
  onHealthyHost(async (host) => {
    const more = "[limits]\nreserve_bytes = 9000000000000000\n";
    const full = await examineState(host.world, host.configuration(more), undefined);
    expect(told(full, "free space", host)).toMatch(
      /^problem: \d+ MB and (\d+|any number of) inodes are left, and limits\.reserve_bytes \(9000000000 MB\) are never used: nothing can be installed -> make room/,
    );
    const large = await examineState(host.world, host.configuration(), { bytes: 9e15, entries: 12 });
    expect(told(large, "free space", host)).toMatch(
      /^warning: .* are left, and the largest image takes 9000000000 MB and 12 entries -> make room before the next update of it$/,
    );
  }));

test("examineState finds the state on a root file system that is replaced", () =>
  onHealthyHost(async (host) => {
    // The root of this world is on the same file system as its state.
    const findings = await examineState(host.world, host.configuration(upgrade), undefined);
    expect(told(findings, "state partition", host)).toBe(
      'warning: "…/state" is on the root file system, which an upgrade of the host replaces -> mount a partition there that both slots share, or set state_dir to one',
    );
    const elsewhere = { ...host.world, root: "/proc" };
    expect(told(await examineState(elsewhere, host.configuration(upgrade), undefined), "state partition", host)).toBe(
      "ok: not on the root file system, so that both slots of the host can share it",
    );
  }));
