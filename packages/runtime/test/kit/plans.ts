// Plans from the text of a config.yaml, for a host that grants everything, and one that grants nothing.
import { parseInstanceConfig } from "@host-service/archive";
import { capabilityNames, noGrant } from "../../source/grant.ts";
import { planOf } from "../../source/index.ts";
import type { Grant, MetaHints, Places, Plan } from "../../source/index.ts";

export const ownPaths = ["/var/lib/host-service", "/run/host-service.d", "/run/host-service", "/etc/host-service"];

export const nothing: Grant = { ...noGrant, ownPaths };

export const everything: Grant = {
  runtime: "nspawn",
  privileged: true,
  diskSources: ["/srv", "/var/lib"],
  devices: ["/dev/tty*", "/dev/serial/by-id/*", "/dev/sda"],
  capabilities: capabilityNames,
  nics: ["host", "p2p", "bridged:br0", "macvlan:eth0", "ipvlan:eth2", "physical:eth1"],
  nesting: true,
  rawOptions: true,
  ownPaths,
};

export const ids = { base: 0x80000, count: 65_536 };

export interface PlanWishes {
  grant?: Grant;
  runtime?: "nspawn" | "lxc";
  meta?: MetaHints;
}

/** `text` without a runtime is planned for the one in `wishes`. */
export function planFrom(text: string, { grant = everything, runtime = "nspawn", meta }: PlanWishes = {}): Plan {
  const config = parseInstanceConfig(text);
  const withRuntime = { ...grant, runtime };
  return planOf(config, {
    name: config.name ?? "edge",
    grant: withRuntime,
    ids,
    ...(meta === undefined ? {} : { meta }),
  });
}

/** Where a `container run` on a usual host has put things. */
export const places: Places = {
  root: "/run/host-service.d/.root/edge",
  hostDirectory: "/run/host-service.d/edge",
  library: "/usr/lib/host-service/inside",
  launcher: "/usr/lib/host-service/launcher",
  incusDirectory: "/run/host-service.d/edge/incus",
  lxdDirectory: "/run/host-service.d/edge/lxd",
  initNotifies: true,
  mountSource: ({ source }) =>
    source.kind === "host"
      ? { path: source.path, kind: source.path.endsWith(".conf") ? "file" : "directory" }
      : { path: `/var/lib/host-service/containers/edge/volumes/${source.volume}`, kind: "directory" },
  nodeSource: ({ device }) => `/run/host-service.d/.run/edge/nodes/${device}`,
  runtimeDirectory: "/run/host-service.d/.run/edge",
  machined: true,
};
