import { expect, test } from "bun:test";
import { examineHost } from "../../source/doctor/examine-host.ts";
import { notOk, onHealthyHost } from "./healthy.ts";

test("examineHost has one problem where the configuration cannot be used, and looks at the rest", () =>
  onHealthyHost(async (host) => {
    const configuration = new Error('Cannot use "config.toml": there is no key "powr"');
    const report = await examineHost(host.world, { configuration, path: "config.toml" });
    expect(report.ok).toBe(false);
    expect(report.findings[0]).toEqual({
      check: "configuration",
      status: "problem",
      message: 'Cannot use "config.toml": there is no key "powr"',
      next: "correct it; host-service check-config checks it",
    });
    expect(notOk(report.findings)).toEqual(["configuration"]);
    expect(report.findings.length).toBeGreaterThan(8);
  }));

test("examineHost is ok with warnings, and not with what was found before", () =>
  onHealthyHost(async (host) => {
    const examined = { configuration: host.configuration(), path: "config.toml" };
    const report = await examineHost(host.world, examined);
    expect([report.ok, notOk(report.findings)]).toEqual([true, ["keys for containers"]]);
    const before = [{ check: "host-service", status: "problem" as const, message: "does not answer" }];
    const without = await examineHost(host.world, { ...examined, before });
    expect([without.ok, without.findings[0]?.check]).toEqual([false, "host-service"]);
  }));
