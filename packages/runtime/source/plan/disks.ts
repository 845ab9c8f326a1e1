// `devices:` of type disk: volumes, which every container may have, and paths of the host, which are granted.
import type { Device } from "@host-service/archive";
import type { Mount, MountSource } from "../model/plan.ts";
import { beneath, isWithin } from "./paths.ts";
import { badValue, isOn, notGranted, notSupported } from "./refusal.ts";
import type { Wish } from "./refusal.ts";

type Disk = Extract<Device, { type: "disk" }>;

/** What lies at these inside is the runtime's or ours; `below` says whether something may be mounted below it. */
const reserved: readonly { path: string; below: boolean; why: string }[] = [
  { path: "/", below: true, why: "is the slot" },
  { path: "/dev", below: false, why: "the runtime makes; add device nodes as unix-char or unix-block devices" },
  { path: "/host", below: false, why: "has the sockets of the host service" },
  { path: "/proc", below: false, why: "is the kernel's" },
  { path: "/run", below: true, why: "the runtime makes" },
  { path: "/run/host", below: false, why: "is the runtime's" },
  { path: "/run/systemd", below: false, why: "is the init's" },
  { path: "/sys", below: false, why: "is the kernel's" },
];

/** Why nothing can be mounted there, as there is something already; undefined everywhere else. */
export function mountedByRuntime(target: string): { path: string; why: string } | undefined {
  return reserved.find(({ path, below }) => (below ? target === path : isWithin(target, path)));
}

export function readMounts(disks: readonly [name: string, disk: Disk][], wish: Wish): readonly Mount[] {
  const mounts = disks.map(([device, disk]) => readMount(device, disk, wish));
  refuseDividedVolumes(mounts, wish);
  const owners = new Map<string, string>();
  for (const { device, target } of mounts) {
    const other = owners.get(target);
    if (other !== undefined) {
      throw badValue(wish, `devices.${device}.path`, {
        shown: target,
        expected: `another one than that of "${other}"`,
      });
    }
    owners.set(target, device);
  }
  return mounts.toSorted((one, other) => depthOf(one.target) - depthOf(other.target));
}

/** One volume at two places is one volume: it is kept once, and goes back as a whole or not at all. */
function refuseDividedVolumes(mounts: readonly Mount[], wish: Wish): void {
  const first = new Map<string, { device: string; per: string; snapshot: boolean }>();
  for (const { device, source } of mounts) {
    if (source.kind !== "volume") continue;
    const { volume, per, snapshot } = source;
    const other = first.get(volume);
    first.set(volume, other ?? { device, per, snapshot });
    if (other === undefined) continue;
    const key = per !== other.per ? "per" : snapshot !== other.snapshot ? "snapshot" : undefined;
    if (key === undefined) continue;
    const expected = `as that of "${other.device}" is, which has the same volume`;
    throw badValue(wish, `devices.${device}.${key}`, { expected });
  }
}

function readMount(device: string, disk: Disk, wish: Wish): Mount {
  const at = (key: string) => `devices.${device}.${key}`;
  refuseOptions(device, disk, wish);
  const target = normal(disk.path);
  const taken = mountedByRuntime(target);
  if (taken !== undefined) {
    throw notSupported(wish, at("path"), { why: `is ${taken.path}, which ${taken.why}`, next: "choose another path" });
  }
  return {
    device,
    source: readSource(device, disk, wish),
    target,
    readonly: isOn(disk.readonly),
    recursive: isOn(disk.recursive),
    required: disk.required !== "false",
  };
}

function readSource(device: string, disk: Disk, wish: Wish): MountSource {
  const at = (key: string) => `devices.${device}.${key}`;
  if (disk.source.startsWith("volume:")) {
    const per = disk.per ?? "container";
    const snapshot = isOn(disk.snapshot);
    if (snapshot && per === "slot") {
      const why = 'a volume of "per: slot" has no use for, as each slot has its own';
      throw notSupported(wish, at("snapshot"), { why, next: "leave one of the two out" });
    }
    return { kind: "volume", volume: disk.source.slice("volume:".length), per, snapshot };
  }
  for (const key of ["per", "snapshot"] as const) {
    if (disk[key] === undefined || disk[key] === "false") continue;
    throw notSupported(wish, at(key), { why: "is for volumes", next: 'use source "volume:NAME"' });
  }
  const path = normal(disk.source);
  const own = wish.grant.ownPaths.find((kept) => isWithin(path, kept) || isWithin(kept, path));
  if (own !== undefined) {
    const why = `would share "${own}", which is the host service's own`;
    throw notSupported(wish, at("source"), { why, next: 'use source "volume:NAME"' });
  }
  const granted = wish.grant.diskSources.find((prefix) => isWithin(path, normal(prefix)));
  if (granted === undefined) {
    throw notGranted(wish, at("source"), { key: "diskSources", word: path }, path);
  }
  return { kind: "host", path, beneath: normal(granted) };
}

function refuseOptions(device: string, disk: Disk, wish: Wish): void {
  const at = (key: string) => `devices.${device}.${key}`;
  if (isOn(disk.shift)) {
    const why = "would let the container write as root of the host";
    throw notSupported(wish, at("shift"), { why, next: 'use a volume, or ask for "security.privileged"' });
  }
  const { propagation } = disk;
  if (propagation !== undefined && propagation !== "private" && propagation !== "rprivate") {
    throw notSupported(wish, at("propagation"), { next: 'leave it out, which is "private"' });
  }
  if (disk["raw.mount.options"] !== undefined && disk["raw.mount.options"] !== "") {
    throw notSupported(wish, at("raw.mount.options"), { next: 'use "readonly" and "recursive"' });
  }
}

function depthOf(path: string): number {
  return path.split("/").length;
}

function normal(path: string): string {
  return beneath("/", path);
}
