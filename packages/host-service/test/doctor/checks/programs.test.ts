import { expect, test } from "bun:test";
import { examinePrograms } from "../../../source/doctor/checks/programs.ts";
import { notOk, onHealthyHost, told } from "../healthy.ts";

test("examinePrograms tells the versions of a healthy host", () =>
  onHealthyHost(async (host) => {
    const findings = await examinePrograms(host.world, ["nspawn", "lxc"]);
    expect(notOk(findings)).toEqual([]);
    expect(told(findings, "runtime nspawn", host)).toBe("ok: systemd 252 (252.39); with machined");
    expect(told(findings, "runtime lxc", host)).toBe("ok: lxc 5.0.2");
  }));

test("examinePrograms finds that there is no xz", () =>
  onHealthyHost(async (host) => {
    await host.loseProgram("xz");
    expect(told(await examinePrograms(host.world, []), "decoders", host)).toBe(
      "warning: there is no xz: archives are decoded by the built-in one, which takes two to three times as long -> install xz-utils, or pack images with zstd",
    );
  }));

test("examinePrograms finds a runtime that a container wants and that is not there, or does not run", () =>
  onHealthyHost(async (host) => {
    await host.loseProgram("lxc-start");
    await host.program("systemd-nspawn", "exit 1");
    expect(notOk(await examinePrograms(host.world, []))).toEqual([]);
    const findings = await examinePrograms(host.world, ["lxc", "nspawn"]);
    expect(told(findings, "runtime lxc", host)).toBe(
      "problem: a container wants it, and lxc-start does not run -> install lxc",
    );
    expect(told(findings, "runtime nspawn", host)).toBe(
      "problem: a container wants it, and systemd-nspawn does not run -> install systemd-container",
    );
  }));

test("examinePrograms says where machined is missing", () =>
  onHealthyHost(async (host) => {
    await host.lose("usr");
    expect(told(await examinePrograms(host.world, []), "runtime nspawn", host)).toBe(
      "ok: systemd 252 (252.39); without machined, so machinectl lists no container",
    );
  }));

test("examinePrograms says as a note where systemd-portabled is missing, and what brings it", () =>
  onHealthyHost(async (host) => {
    expect(told(await examinePrograms(host.world, []), "portable services", host)).toBe("ok: with systemd-portabled");
    await host.lose("usr");
    expect(told(await examinePrograms(host.world, []), "portable services", host)).toBe(
      "ok: not possible: there is no systemd-portabled; hostctl portable needs it (Debian: package systemd-container)",
    );
  }));
