import { expect, test } from "bun:test";
import { readdirSync, statSync } from "node:fs";
import { blockDeviceAt, deviceNumber, isAnonymous } from "../../source/device/device-number.ts";

const numbers: Record<string, number> = {
  "8:2": 0x802,
  "259:0": 0x1_0300,
  "7:255": 0x7ff,
  "7:256": 0x10_0700,
  "4095:1048575": 0xffff_ffff,
};

for (const [text, device] of Object.entries(numbers)) {
  test(`deviceNumber splits ${device} as makedev(3) joins it`, () => {
    expect(deviceNumber(device)).toBe(text);
  });
}

test("deviceNumber is what /sys knows each block device of this machine by", () => {
  const known = new Set(readdirSync("/sys/dev/block"));
  const names = readdirSync("/sys/class/block").filter((name) => blockDeviceAt(`/dev/${name}`) !== undefined);
  expect(names.length).toBeGreaterThan(0);
  expect(names.map((name) => deviceNumber(statSync(`/dev/${name}`).rdev)).filter((text) => !known.has(text))).toEqual(
    [],
  );
});

test("blockDeviceAt knows no number of what is no block device", () => {
  expect(["/dev/null", "/tmp", "/nowhere/at/all"].map(blockDeviceAt)).toEqual([undefined, undefined, undefined]);
});

test("isAnonymous is true of the major 0 alone", () => {
  expect(["0:21", "8:0", "10:0"].map(isAnonymous)).toEqual([true, false, false]);
});
