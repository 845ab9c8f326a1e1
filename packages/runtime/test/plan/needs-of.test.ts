import { expect, test } from "bun:test";
import { parseInstanceConfig } from "@host-service/archive";
import { needsOf } from "../../source/index.ts";
import { examples } from "../kit/configs.ts";

const needs = (text: string) => needsOf(parseInstanceConfig(text));

test("needsOf finds each key of the grant, with every word that it needs", () => {
  const text = `runtime: lxc
config:
  security.privileged: "true"
  security.nesting: "true"
  security.capabilities.add: sys_time net_admin
  limits.kernel.rtprio: "10"
  raw.lxc: lxc.tty.max = 1
devices:
  one: {type: nic, nictype: bridged, parent: br0}
  two: {type: nic, nictype: macvlan, parent: eth0}
  data: {type: disk, source: /srv/data, path: /data}
  serial: {type: unix-char, source: /dev/ttyS0}
`;
  expect(needs(text)).toEqual({
    grant: {
      privileged: true,
      nesting: true,
      raw_options: true,
      disk_sources: ["/srv/data"],
      devices: ["/dev/ttyS0"],
      capabilities: ["CAP_SYS_NICE", "CAP_NET_ADMIN", "CAP_SYS_TIME"],
      nics: ["bridged:br0", "macvlan:eth0"],
    },
    problem: undefined,
  });
});

test("needsOf leaves it to the host where config.yaml names no runtime, and says what no host would take", () => {
  expect(needs('config: {security.privileged: "true"}\n')).toBeUndefined();
  expect(needs("runtime: none\n")).toBeUndefined();
  expect(needs("runtime: nspawn\n")).toEqual({ grant: {}, problem: undefined });
  expect(needs('runtime: nspawn\nconfig: {limits.cpu.nodes: "0"}\n')?.problem).toContain('"limits.cpu.nodes"');
});

test("needsOf comes to an end with every example", () => {
  for (const { text } of examples) {
    for (const runtime of ["nspawn", "lxc"]) expect(needs(`runtime: ${runtime}\n${text}`)).toBeDefined();
  }
});
