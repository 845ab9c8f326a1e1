// `devices:` of type nic. Without one a container has its own loopback and nothing else, as under Incus.
import type { Device } from "@host-service/archive";
import type { Network, Nic } from "../model/plan.ts";
import { readAddresses } from "./addresses.ts";
import { badValue, isOn, notGranted, notSupported } from "./refusal.ts";
import type { Wish } from "./refusal.ts";

type NicDevice = Extract<Device, { type: "nic" }>;
type NicKey = Exclude<keyof NicDevice, "type">;

const kinds: Readonly<Record<string, Nic["kind"]>> = {
  bridged: "bridged",
  macvlan: "macvlan",
  ipvlan: "ipvlan",
  p2p: "p2p",
  physical: "physical",
};

/** Keys that no runtime here keeps, and what to do instead. */
const kept: readonly [key: NicKey, next: string][] = [
  ["limits.egress", "limit it on the host with tc"],
  ["limits.ingress", "limit it on the host with tc"],
  ["limits.max", "limit it on the host with tc"],
  ["vlan", "make the VLAN on the host and name it as parent"],
];

export function readNetwork(devices: readonly [name: string, nic: NicDevice][], wish: Wish): Network {
  const shared = devices.find(([, nic]) => nic.nictype === "host");
  if (shared !== undefined) return readHostNetwork(shared, devices, wish);
  const nics = devices.map(([device, nic], index) => withPairNamed(readNic(device, nic, wish), index, wish));
  refuseCollisions(nics, wish);
  if (wish.runtime === "nspawn") refuseForNspawn(nics, wish);
  return { kind: "private", nics };
}

function readHostNetwork(
  [device, nic]: [name: string, nic: NicDevice],
  devices: readonly [name: string, nic: NicDevice][],
  wish: Wish,
): Network {
  const { grant } = wish;
  const other = devices.find(([name]) => name !== device);
  if (other !== undefined) {
    const why = `goes with no other nic, and "${other[0]}" is one`;
    throw notSupported(wish, `devices.${device}.nictype`, { why, next: "leave one of the two out" });
  }
  for (const key of Object.keys(nic)) {
    if (key === "type" || key === "nictype") continue;
    const why = "has no meaning in the host's own network";
    throw notSupported(wish, `devices.${device}.${key}`, { why, next: "leave it out" });
  }
  if (!grant.nics.includes("host")) {
    throw notGranted(wish, `devices.${device}.nictype`, { key: "nics", word: "host" }, "host");
  }
  return { kind: "host" };
}

function readNic(device: string, nic: NicDevice, wish: Wish): Nic {
  const at = (key: NicKey) => `devices.${device}.${key}`;
  const kind = kinds[nic.nictype];
  if (kind === undefined) {
    throw notSupported(wish, at("nictype"), { why: `is "${nic.nictype}", which is not built`, next: 'use "bridged"' });
  }
  for (const [key, next] of kept) {
    if (nic[key] !== undefined) throw notSupported(wish, at(key), { next });
  }
  if (isOn(nic["security.mac_filtering"])) {
    throw notSupported(wish, at("security.mac_filtering"), { next: "filter on the bridge of the host with nftables" });
  }
  const parent = readParent(device, { kind, parent: nic.parent }, wish);
  const hasPair = kind === "bridged" || kind === "p2p";
  if (nic.host_name !== undefined && !hasPair) {
    throw notSupported(wish, at("host_name"), { why: `a nic of type "${kind}" does not have`, next: "leave it out" });
  }
  return {
    device,
    kind,
    parent,
    name: nic.name === undefined ? undefined : readInterface(at("name"), nic.name, wish),
    hostName: nic.host_name === undefined ? undefined : readInterface(at("host_name"), nic.host_name, wish),
    hwaddr: readHardware(at("hwaddr"), nic.hwaddr, wish),
    mtu: nic.mtu === undefined ? undefined : readMtu(at("mtu"), nic.mtu, wish),
    mode: readMode(at("mode"), { kind, mode: nic.mode }, wish),
    ipv4: readAddresses(device, nic, { family: "ipv4", hasPair, wish }),
    ipv6: readAddresses(device, nic, { family: "ipv6", hasPair, wish }),
  };
}

/** Nobody else names the ends of a pair that leads to no bridge. */
function withPairNamed(nic: Nic, index: number, { name }: Wish): Nic {
  if (nic.kind !== "p2p") return nic;
  const short = name.length <= 11 ? name : name.slice(0, 6) + Bun.hash(name).toString(36).slice(0, 5);
  return { ...nic, name: nic.name ?? `eth${index}`, hostName: nic.hostName ?? `ve${index}-${short}` };
}

function readParent(device: string, nic: { kind: Nic["kind"]; parent: string | undefined }, wish: Wish) {
  const { kind } = nic;
  const { grant } = wish;
  const key = `devices.${device}.parent`;
  if (kind === "p2p") {
    if (nic.parent !== undefined) {
      throw notSupported(wish, key, { why: 'a nic of type "p2p" does not have', next: "leave it out" });
    }
    if (grant.nics.includes("p2p")) return undefined;
    throw notGranted(wish, `devices.${device}.nictype`, { key: "nics", word: "p2p" }, "p2p");
  }
  if (nic.parent === undefined) {
    throw badValue(wish, key, { expected: `given: the interface of the host for a nic of type "${kind}"` });
  }
  const parent = readInterface(key, nic.parent, wish);
  const word = `${kind}:${parent}`;
  if (grant.nics.includes(word)) return parent;
  throw notGranted(wish, key, { key: "nics", word }, parent);
}

/** Stricter than the kernel, and what both runtimes and a rule of a firewall take as one word. */
function readInterface(key: string, name: string, wish: Wish): string {
  const isPlain = /^(?!\d+$)[A-Za-z0-9][A-Za-z0-9_.-]{0,14}$/u.test(name);
  if (isPlain && !["all", "default", "lo"].includes(name)) return name;
  throw badValue(wish, key, {
    shown: name,
    expected: 'an interface\'s name of letters, digits and _.-, such as "eth0"',
  });
}

function readHardware(key: string, address: string | undefined, wish: Wish): string | undefined {
  if (address === undefined) return undefined;
  const first = Number.parseInt(address.slice(0, 2), 16);
  if (first % 2 === 0 && !/^[0:]+$/u.test(address)) return address.toLowerCase();
  throw badValue(wish, key, { shown: address, expected: "the address of one interface, not of a group" });
}

function readMtu(key: string, text: string, wish: Wish): number {
  const mtu = Number(text);
  if (mtu >= 68 && mtu <= 65_535) return mtu;
  throw badValue(wish, key, { shown: text, expected: "a whole number from 68 to 65535" });
}

const modes: Partial<Record<Nic["kind"], readonly string[]>> = {
  macvlan: ["bridge", "vepa", "private", "passthru"],
  ipvlan: ["l3s", "l2"],
};

function readMode(key: string, nic: { kind: Nic["kind"]; mode: string | undefined }, wish: Wish): string | undefined {
  if (nic.mode === undefined) return undefined;
  const known = modes[nic.kind];
  if (known === undefined) {
    throw notSupported(wish, key, { why: `a nic of type "${nic.kind}" does not have`, next: "leave it out" });
  }
  // The only one of a physical interface gets all its traffic: it is taken from the host.
  if (nic.mode === "passthru") throw notSupported(wish, key, { next: 'use nictype "physical"' });
  if (known.includes(nic.mode)) return nic.mode;
  throw badValue(wish, key, { shown: nic.mode, expected: known.filter((mode) => mode !== "passthru").join(" or ") });
}

function refuseCollisions(nics: readonly Nic[], wish: Wish): void {
  for (const key of ["name", "hostName"] as const) {
    const seen = new Map<string, string>();
    for (const nic of nics) {
      const name = nic[key];
      if (name === undefined) continue;
      const other = seen.get(name);
      if (other !== undefined) {
        const path = `devices.${nic.device}.${key === "name" ? "name" : "host_name"}`;
        throw badValue(wish, path, { shown: name, expected: `another one than that of "${other}"` });
      }
      seen.set(name, nic.device);
    }
  }
}

const lxcInstead = "use runtime: lxc, or";

/** systemd-nspawn 252 names the interfaces itself and leaves their addresses to what runs inside. */
function refuseForNspawn(nics: readonly Nic[], wish: Wish): void {
  const second = nics.filter(({ kind }) => kind === "bridged")[1];
  if (second !== undefined) {
    const why = "is a second bridged nic, and systemd-nspawn makes one";
    throw notSupported(wish, `devices.${second.device}.nictype`, { why, next: `${lxcInstead} use "macvlan" for it` });
  }
  for (const nic of nics) {
    const at = (key: string) => `devices.${nic.device}.${key}`;
    const given = nspawnName(nic);
    if (nic.name !== undefined && given !== undefined && nic.name !== given) {
      const why = `systemd-nspawn calls "${given}" by itself`;
      throw notSupported(wish, at("name"), { why, next: `${lxcInstead} write ${JSON.stringify(given)}` });
    }
    if (nic.kind === "bridged" && nic.hostName !== undefined) {
      throw notSupported(wish, at("host_name"), { next: `${lxcInstead} leave it out` });
    }
    for (const key of ["hwaddr", "mtu", "mode"] as const) {
      if (nic[key] !== undefined) throw notSupported(wish, at(key), { next: `${lxcInstead} set it inside` });
    }
    for (const family of ["ipv4", "ipv6"] as const) {
      const { address, gateway, routes } = nic[family];
      const set = address !== undefined ? "address" : gateway !== undefined ? "gateway" : undefined;
      if (set !== undefined) {
        const inside = `configure ${JSON.stringify(given ?? nic.name ?? "host0")} inside the image, such as by systemd-networkd`;
        throw notSupported(wish, at(`${family}.${set}`), { next: `${lxcInstead} ${inside}` });
      }
      if (routes.length > 0)
        throw notSupported(wish, at(`${family}.routes`), { next: `${lxcInstead} set it on the host` });
    }
  }
}

/** What systemd-nspawn 252 calls the interface inside; undefined where it can be chosen. */
function nspawnName(nic: Nic): string | undefined {
  switch (nic.kind) {
    case "bridged":
      return "host0";
    case "macvlan":
      return `mv-${nic.parent ?? ""}`.slice(0, 15);
    case "ipvlan":
      return `iv-${nic.parent ?? ""}`.slice(0, 15);
    case "physical":
      return nic.parent;
    case "p2p":
      return undefined;
  }
}
