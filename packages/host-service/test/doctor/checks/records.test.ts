import { expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { examineRecords } from "../../../source/doctor/checks/records.ts";
import { thisWorld } from "../../../source/doctor/world.ts";
import { parseConfiguration } from "../../../source/configuration/configuration.ts";
import type { Device } from "../../kit/device.ts";
import { onDevice, program } from "../../kit/device.ts";
import { imageOf } from "../../kit/images.ts";

async function examined(device: Device, { bootId = device.bootId, more = "" } = {}) {
  const world = thisWorld({ program, bootId });
  const found = await examineRecords(world, parseConfiguration(`${device.configuration}${more}`, "config.toml"));
  const lines = found.findings.map(({ status, check, message, next }) => [status, check, message, next]);
  return { ...found, lines };
}

function record(device: Device, name = "record.json"): string {
  return join(device.directory, "state/containers/edge", name);
}

test("examineRecords finds nothing where nothing is installed, and where everything is in order", () =>
  onDevice(async (device) => {
    expect((await examined(device)).lines).toEqual([
      ["ok", "boot hook", "no container is installed, so that there was nothing to do", undefined],
    ]);
    expect((await device.install(imageOf("1.0.0"))).status).toBe(200);
    const { lines, largest } = await examined(device);
    expect(lines).toEqual([
      ["ok", "boot hook", "has run in this boot", undefined],
      ["ok", "container edge", "pending: version 1.0.0 is installed and is tried at the next boot", undefined],
    ]);
    expect(largest?.entries).toBeGreaterThan(0);
  }));

test("examineRecords finds that the hook has not run in this boot", () =>
  onDevice(async (device) => {
    await device.install(imageOf("1.0.0"));
    const next = "run host-service boot now, and enable host-service-boot.service for the boots to come";
    expect((await examined(device, { bootId: "another" })).lines).toEqual([
      ["problem", "boot hook", "has not resolved edge in this boot: nothing can be changed", next],
      [
        "problem",
        "container edge",
        "the boot hook has not run in this boot; run host-service boot",
        "run host-service boot",
      ],
    ]);
  }));

test("examineRecords finds records that make no sense, now or before", () =>
  onDevice(async (device) => {
    await device.install(imageOf("1.0.0"));
    await device.reboot();
    expect((await device.call("POST", "/v1/containers/edge/commit")).status).toBe(200);
    await writeFile(record(device, "record.json.unreadable-1"), "{");
    expect((await examined(device)).lines.slice(1)).toEqual([
      ["ok", "container edge", "normal: version 1.0.0 is committed", undefined],
      [
        "warning",
        "container edge",
        "a record made no sense and was set aside: record.json.unreadable-1",
        `find out what damaged it, then remove it from "${join(device.directory, "state/containers/edge")}"`,
      ],
    ]);
    await writeFile(record(device), "{");
    expect((await examined(device)).lines[1]?.slice(0, 3)).toEqual([
      "problem",
      "container edge",
      "the record makes no sense; run host-service boot, which sets it aside",
    ]);
  }));

test("examineRecords finds an image that is not there any more, and the runtimes that images name", () =>
  onDevice(async (device) => {
    await device.install(imageOf("1.0.0"));
    expect((await examined(device)).runtimes).toEqual(new Map());
    await writeFile(record(device, "slots/a/config.yaml"), 'version: "1.0.0"\n');
    const more = '[containers.edge]\nruntime = "nspawn"\n';
    expect((await examined(device, { more })).runtimes).toEqual(new Map([["edge", "nspawn"]]));
    await writeFile(record(device, "slots/a/config.yaml"), "runtime: lxc\n");
    expect((await examined(device, { more })).runtimes).toEqual(new Map([["edge", "lxc"]]));
    await writeFile(record(device, "slots/a/config.yaml"), "colour: red\n");
    const unread = await examined(device, { more });
    expect(unread.runtimes).toEqual(new Map());
    expect(unread.lines.at(-1)?.[0]).toBe("problem");
    expect(unread.lines.at(-1)?.[2]).toContain("colour");
    await writeFile(record(device, "slots/a/config.yaml"), "");
    await writeFile(record(device, "slots/a/slot.json"), "{}");
    const [, finding] = (await examined(device)).lines;
    expect(finding?.[0]).toBe("problem");
    expect(finding?.[2]).toContain("slot a does not hold that image any more");
  }));

test("examineRecords finds a system whose record nobody made", () =>
  onDevice(async (device) => {
    const more = '[upgrade]\ndevice_type = "x"\nslots = ["/dev/a", "/dev/b"]\nboot_environment = "u-boot"\n';
    const { lines } = await examined(device, { more });
    expect(lines.at(-1)?.slice(0, 3)).toEqual([
      "problem",
      "system record",
      "the hook has not made it: [upgrade] is configured, and nothing can be upgraded",
    ]);
  }));
