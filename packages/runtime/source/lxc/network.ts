import type { Network, Nic } from "../model/plan.ts";
import { line } from "./words.ts";

const types: Record<Nic["kind"], string> = {
  bridged: "veth",
  p2p: "veth",
  macvlan: "macvlan",
  ipvlan: "ipvlan",
  physical: "phys",
};

/** Incus's own; LXC's are others. */
const modesByDefault: Partial<Record<Nic["kind"], string>> = { macvlan: "bridge", ipvlan: "l3s" };

export function networkLines(network: Network): string[] {
  if (network.kind === "host") return [line("lxc.net.0.type", "none")];
  if (network.nics.length === 0) return [line("lxc.net.0.type", "empty")];
  return network.nics.flatMap((nic, index) => nicLines(nic, `lxc.net.${index}`));
}

function nicLines(nic: Nic, at: string): string[] {
  const type = types[nic.kind];
  const given = (key: string, value: string | number | undefined) =>
    value === undefined ? [] : [line(`${at}.${key}`, value)];
  return [
    line(`${at}.type`, type),
    line(`${at}.flags`, "up"),
    ...given("link", nic.parent),
    ...given("name", nic.name),
    ...given("veth.pair", nic.hostName),
    ...given("hwaddr", nic.hwaddr),
    ...given("mtu", nic.mtu),
    ...given(`${type}.mode`, nic.mode ?? modesByDefault[nic.kind]),
    ...(["ipv4", "ipv6"] as const).flatMap((family) => [
      ...given(`${family}.address`, nic[family].address),
      ...given(`${family}.gateway`, nic[family].gateway),
      ...nic[family].routes.flatMap((route) => given(`veth.${family}.route`, route)),
    ]),
  ];
}
