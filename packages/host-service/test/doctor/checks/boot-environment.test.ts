import { expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { examineBootEnvironment } from "../../../source/doctor/checks/boot-environment.ts";
import type { HealthyHost } from "../healthy.ts";
import { onHealthyHost, told } from "../healthy.ts";

function upgrade(host: HealthyHost, [a, b]: [string, string]): string {
  const file = JSON.stringify(join(host.directory, "grubenv"));
  return `[upgrade]\ndevice_type = "x"\nslots = ["${a}", "${b}"]\nboot_environment = "grub"\nboot_environment_file = ${file}\nboot_parts = [2, 3]\n`;
}

test("examineBootEnvironment has nothing to look at without [upgrade]", () =>
  onHealthyHost(async (host) => {
    expect(await examineBootEnvironment(host.configuration())).toEqual([
      { check: "upgrades of the host", status: "ok", message: "no [upgrade] is configured" },
    ]);
  }));

test("examineBootEnvironment finds slots that are missing or no devices, and an environment that cannot be read", () =>
  onHealthyHost(async (host) => {
    const file = join(host.directory, "file");
    await writeFile(file, "");
    const findings = await examineBootEnvironment(host.configuration(upgrade(host, ["/dev/nowhere", file])));
    expect(told(findings, "slot a", host)).toBe(
      'problem: "/dev/nowhere" cannot be looked at (ENOENT: no such file or directory) -> correct "slots" under [upgrade], or the partition table',
    );
    expect(told(findings, "slot b", host)).toBe(
      'problem: "…/file" is no block device -> correct "slots" under [upgrade], or the partition table',
    );
    expect(told(findings, "boot environment", host)).toMatch(
      /^problem: Cannot .*grubenv.* -> see whether its tool works by hand/,
    );
  }));
