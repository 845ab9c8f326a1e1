import { expect, test } from "bun:test";
import { examineUnits } from "../../../source/doctor/checks/units.ts";
import { notOk, onHealthyHost, told } from "../healthy.ts";

const boot = "host-service-boot.service";

test("examineUnits finds nothing on a healthy host", () =>
  onHealthyHost(async (host) => {
    const findings = await examineUnits(host.world, []);
    expect(notOk(findings)).toEqual([]);
    expect(findings.length).toBe(4);
  }));

test("examineUnits finds that the host has no systemd", () =>
  onHealthyHost(async (host) => {
    await host.lose("run");
    expect(told(await examineUnits(host.world, []), "units", host)).toStartWith(
      "warning: this host was not booted by systemd",
    );
  }));

const faults: [name: string, answer: string, expected: string][] = [
  [
    "a unit that is not installed",
    "LoadState=not-found",
    "problem: it is not installed -> install the host-service package, or its units",
  ],
  ["a masked unit", "LoadState=masked", `problem: it is masked -> run systemctl unmask ${boot}`],
  [
    "a failed unit",
    "LoadState=loaded\\nActiveState=failed\\nUnitFileState=enabled\\nResult=timeout",
    `problem: it failed (timeout) -> see journalctl --unit ${boot}, then systemctl restart ${boot}`,
  ],
  [
    "a disabled hook",
    "LoadState=loaded\\nActiveState=active\\nUnitFileState=disabled",
    `problem: it is disabled: after the next boot nothing can be changed -> run systemctl enable --now ${boot}`,
  ],
  [
    "a unit that did not start",
    "LoadState=loaded\\nActiveState=inactive\\nUnitFileState=enabled",
    `warning: it is inactive -> run systemctl start ${boot}`,
  ],
];

for (const [name, answer, expected] of faults) {
  test(`examineUnits finds ${name}`, () =>
    onHealthyHost(async (host) => {
      const healthy = "printf 'LoadState=loaded\\nActiveState=active\\nUnitFileState=enabled\\n'";
      await host.program("systemctl", `case "$*" in *${boot}) printf '${answer}\\n' ;; *) ${healthy} ;; esac`);
      const findings = await examineUnits(host.world, []);
      expect(told(findings, `unit ${boot}`, host)).toBe(expected);
      expect(notOk(findings)).toEqual([`unit ${boot}`]);
    }));
}

test("examineUnits warns of another unit that is disabled, and of a systemctl that does not answer", () =>
  onHealthyHost(async (host) => {
    await host.program("systemctl", "printf 'LoadState=loaded\\nActiveState=active\\nUnitFileState=disabled\\n'");
    expect(told(await examineUnits(host.world, []), "unit host-service.service", host)).toBe(
      "warning: it is disabled: the next boot does not start it -> run systemctl enable --now host-service.service",
    );
    await host.program("systemctl", "exit 1");
    expect(told(await examineUnits(host.world, []), `unit ${boot}`, host)).toBe(
      "problem: systemctl does not tell -> see whether systemctl status works",
    );
  }));

test("examineUnits finds a container that failed, and lets one be stopped", () =>
  onHealthyHost(async (host) => {
    const answer = (state: string) => `printf 'LoadState=loaded\\nActiveState=${state}\\nUnitFileState=enabled\\n'`;
    await host.program("systemctl", `case "$*" in *@edge.*) ${answer("failed")} ;; *) ${answer("active")} ;; esac`);
    const findings = await examineUnits(host.world, ["edge"]);
    expect(told(findings, "unit host-service-container@edge.service", host)).toBe(
      "problem: it failed -> see hostctl container logs --name edge",
    );
    await host.program("systemctl", answer("inactive"));
    expect(told(await examineUnits(host.world, ["edge"]), "unit host-service-container@edge.service", host)).toBe(
      "ok: inactive",
    );
  }));
