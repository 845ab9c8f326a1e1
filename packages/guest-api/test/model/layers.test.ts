import { expect, test } from "bun:test";
import { areImagesOn, isApiOn } from "../../source/model/switches.ts";
import { instanceInputs, metaData, visibleDevices } from "../../source/model/views.ts";
import { merge } from "../../source/model/layers.ts";
import type { Layer } from "../../source/model/layers.ts";
import { layersOf } from "../kit/fixture.ts";

const layer = (config: Record<string, string>, devices: Layer["devices"] = {}): Layer => ({ config, devices });

test("merge puts later layers on top, replaces devices as a whole and takes empty values for unset", () => {
  const below = layer({ "user.a": "1", "user.b": "1" }, { eth0: { type: "nic", name: "eth0", mtu: "1500" } });
  const above = layer({ "user.b": "", "user.c": "3" }, { eth0: { type: "nic", name: "lan" } });
  expect(merge([below, above])).toEqual(
    layer({ "user.a": "1", "user.c": "3" }, { eth0: { type: "nic", name: "lan" } }),
  );
});

test("G11: devices are sorted and a nic's own hwaddr wins over the volatile one", () => {
  const own = { type: "nic", name: "eth0", hwaddr: "10:66:6a:00:00:01" };
  const config = {
    "volatile.eth0.hwaddr": "10:66:6a:ff:ff:ff",
    "volatile.lan.hwaddr": "10:66:6a:00:00:02",
    "volatile.d.hwaddr": "x",
  };
  const devices = visibleDevices(merge([layer(config, { lan: { type: "nic" }, eth0: own, d: { type: "disk" } })]));
  expect(JSON.stringify(devices)).toBe(
    '{"d":{"type":"disk"},"eth0":{"hwaddr":"10:66:6a:00:00:01","name":"eth0","type":"nic"},"lan":{"hwaddr":"10:66:6a:00:00:02","type":"nic"}}',
  );
});

test("G12: meta-data has the name for an id where there is none, and what user.meta-data says at its end", () => {
  const head = "#cloud-config\ninstance-id: c1\nlocal-hostname: c1\n";
  expect(metaData("c1", merge([layer({})]))).toBe(head);
  expect(metaData("c1", merge([layer({ "user.meta-data": "a: b\n%s" })]))).toBe(`${head}a: b\n%s`);
  const id = merge([layer({ "volatile.cloud-init.instance-id": "11" })]);
  expect(metaData("c1", id)).toBe("#cloud-config\ninstance-id: 11\nlocal-hostname: c1\n");
});

test("G13: what calls for another instance-id does, and nothing else", () => {
  const before = layersOf("incus");
  const base = instanceInputs("c1", merge(before));
  const withKey = (key: string) => instanceInputs("c1", merge([...before, layer({ [key]: "new" })]));
  const withNic = (properties: Record<string, string>) =>
    instanceInputs(
      "c1",
      merge([...before, layer({}, { eth0: { name: "eth0", nictype: "p2p", type: "nic", ...properties } })]),
    );
  for (const family of ["cloud-init", "user"]) {
    for (const key of ["user-data", "vendor-data", "network-config"])
      expect(withKey(`${family}.${key}`)).not.toBe(base);
  }
  expect(instanceInputs("c2", merge(before))).not.toBe(base);
  expect(withNic({ name: "lan" })).not.toBe(base);
  for (const key of ["user.foo", "user.meta-data", "limits.memory", "security.nesting"])
    expect(withKey(key)).toBe(base);
  expect(withNic({ mtu: "1400", "limits.ingress": "10Mbit" })).toBe(base);
});

test("G60: LXD's switches override Incus's for lxd alone, and words count without regard to case", () => {
  const both = (config: Record<string, string>) => [isApiOn(config, "incus"), isApiOn(config, "lxd")];
  expect(both({})).toEqual([true, true]);
  expect(both({ "security.guestapi": "Off" })).toEqual([false, false]);
  expect(both({ "security.devlxd": "NO" })).toEqual([true, false]);
  expect(both({ "security.guestapi": "0", "security.devlxd": "true" })).toEqual([false, true]);
  expect(both({ "security.guestapi": "nonsense" })).toEqual([true, true]);
  const images = (config: Record<string, string>) => [areImagesOn(config, "incus"), areImagesOn(config, "lxd")];
  expect(images({})).toEqual([false, false]);
  expect(images({ "security.guestapi.images": "Yes" })).toEqual([true, true]);
  expect(images({ "security.guestapi.images": "1", "security.devlxd.images": "false" })).toEqual([true, false]);
});
