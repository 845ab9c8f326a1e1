// Static addresses and routes of a nic: stated in config.yaml, or left to what runs inside.
import { isIP } from "node:net";
import type { Device } from "@host-service/archive";
import type { NicAddresses } from "../model/plan.ts";
import { badValue, notSupported } from "./refusal.ts";
import type { Wish } from "./refusal.ts";

type NicDevice = Extract<Device, { type: "nic" }>;

const versions = { ipv4: 4, ipv6: 6 } as const;
const examples = {
  ipv4: { address: "192.0.2.5/24", gateway: "192.0.2.1", routes: "198.51.100.0/24" },
  ipv6: { address: "2001:db8::5/64", gateway: "2001:db8::1", routes: "2001:db8:1::/64" },
} as const;

export function readAddresses(
  device: string,
  nic: NicDevice,
  { family, hasPair, wish }: { family: "ipv4" | "ipv6"; hasPair: boolean; wish: Wish },
): NicAddresses {
  const at = (key: string) => `devices.${device}.${family}.${key}`;
  const expect = (key: keyof (typeof examples)["ipv4"], shown: string, what: string) =>
    badValue(wish, at(key), { shown, expected: `${what} such as "${examples[family][key]}"` });
  const address = given(nic[`${family}.address`]);
  if (address === "auto") {
    const why = "is for networks that an Incus server manages";
    throw notSupported(wish, at("address"), { why, next: "leave it out, and let the image ask by DHCP" });
  }
  if (address !== undefined && !isNetwork(address, family)) {
    throw expect("address", address, "an address with the length of its network,");
  }
  const gateway = given(nic[`${family}.gateway`]);
  if (gateway !== undefined && isIP(gateway) !== versions[family]) throw expect("gateway", gateway, "an address");
  if (gateway !== undefined && address === undefined) {
    const why = `goes with "${family}.address", which is missing`;
    throw notSupported(wish, at("gateway"), { why, next: "state the address as well" });
  }
  const routes = (nic[`${family}.routes`] ?? "")
    .split(",")
    .map((route) => route.trim())
    .filter((route) => route !== "");
  for (const route of routes) if (!isNetwork(route, family)) throw expect("routes", route, "networks");
  if (routes.length > 0 && !hasPair) {
    throw notSupported(wish, at("routes"), {
      why: `a nic of type "${nic.nictype}" does not have`,
      next: "set them inside",
    });
  }
  return { address, gateway, routes };
}

function given(text: string | undefined): string | undefined {
  return text === undefined || text === "" || text === "none" ? undefined : text;
}

function isNetwork(text: string, family: "ipv4" | "ipv6"): boolean {
  const [address = "", length = "", ...more] = text.split("/");
  const bits = family === "ipv4" ? 32 : 128;
  return more.length === 0 && isIP(address) === versions[family] && /^\d{1,3}$/u.test(length) && Number(length) <= bits;
}
