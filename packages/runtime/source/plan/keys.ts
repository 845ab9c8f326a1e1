// What becomes of each key of `config:`. Nothing is passed over: a key that is in none of these lists is refused, too.
import { notSupported } from "./refusal.ts";
import type { Wish } from "./refusal.ts";

type Fate =
  /** A reader beside this file turns it into a part of the plan. */
  | { kind: "realised" }
  /** It says nothing to a runtime; who reads it instead. */
  | { kind: "information"; reader: string }
  /** The only values that keep their promise here. */
  | { kind: "only"; values: readonly string[]; why: string; next: string }
  | { kind: "refused"; why?: string; next: string };

const realised: Fate = { kind: "realised" };
const guestApi: Fate = { kind: "information", reader: "the guest API" };
const off = ["false", "0", "no", "off"];
const on = ["true", "1", "yes", "on"];
const ownProfiles = "use raw.lxc with runtime: lxc, or leave it out";

/** A name that ends in ".*" stands for every key that begins so; the longest name wins. */
const fates: Readonly<Record<string, Fate>> = {
  "user.*": guestApi,
  "cloud-init.*": guestApi,
  "image.*": { kind: "information", reader: "whoever looks at the image" },
  "volatile.*": { kind: "information", reader: "the guest API, as first values" },
  "security.devlxd.images": guestApi,
  "security.guestapi.images": guestApi,

  "environment.*": realised,
  "linux.sysctl.*": realised,
  "limits.kernel.*": realised,
  "boot.autorestart": realised,
  "boot.autostart": realised,
  "boot.autostart.delay": realised,
  "boot.autostart.priority": realised,
  "boot.host_shutdown_timeout": realised,
  "limits.cpu": realised,
  "limits.cpu.allowance": realised,
  "limits.disk.priority": realised,
  "limits.memory": realised,
  "limits.memory.enforce": realised,
  "limits.memory.oom_priority": realised,
  "limits.memory.swap": realised,
  "limits.processes": realised,
  "oci.cwd": realised,
  "oci.entrypoint": realised,
  "oci.gid": realised,
  "oci.uid": realised,
  "raw.lxc": realised,
  "security.capabilities.add": realised,
  "security.capabilities.drop": realised,
  "security.devlxd": guestApi,
  "security.guestapi": guestApi,
  "security.nesting": realised,
  "security.privileged": realised,
  "security.syscalls.deny": realised,

  "boot.host_shutdown_action": {
    kind: "only",
    values: ["stop"],
    why: "a host that shuts down does not do: a container is stopped, and killed when its time is over",
    next: 'leave it out, and set "boot.host_shutdown_timeout"',
  },
  "security.idmap.isolated": {
    kind: "only",
    values: on,
    why: "would share ids with other containers: each has a range of its own",
    next: "leave it out",
  },
  "security.idmap.size": {
    kind: "only",
    values: ["65536"],
    why: "is 65536 ids for each container",
    next: "leave it out",
  },
  "security.protection.delete": {
    kind: "only",
    values: off,
    why: "nothing here keeps",
    next: 'leave "container" out of allow in [containers.NAME] of the host instead',
  },
  "security.syscalls.deny_default": {
    kind: "only",
    values: on,
    why: "would take away the runtime's own list of denied system calls",
    next: "leave it out",
  },
  "security.syscalls.deny_compat": {
    kind: "only",
    values: off,
    why: "no runtime here does",
    next: 'name the system calls in "security.syscalls.deny"',
  },

  "boot.stop.priority": {
    kind: "refused",
    why: "nothing here keeps: a host that shuts down stops all its containers at once",
    next: "leave it out",
  },
  "limits.cpu.nodes": { kind: "refused", next: 'name the processors in "limits.cpu", such as "0-3"' },
  "limits.cpu.priority": { kind: "refused", next: 'use "limits.cpu.allowance", such as "50%"' },
  "limits.hugepages.*": {
    kind: "refused",
    why: "systemd hands on to no unit",
    next: "leave it out, and limit the pages of the host with vm.nr_hugepages",
  },
  "limits.memory.swap.priority": {
    kind: "refused",
    why: "the kernel's second version of control groups no longer has",
    next: 'use "limits.memory.swap", "false" or a size',
  },
  "raw.apparmor": { kind: "refused", next: ownProfiles },
  "raw.idmap": {
    kind: "refused",
    why: "is the host's: each container has a fixed range of ids",
    next: 'use a volume, or ask for "security.privileged"',
  },
  "raw.seccomp": { kind: "refused", next: 'use "security.syscalls.deny" with runtime: nspawn, or leave it out' },
  "security.idmap.base": {
    kind: "refused",
    why: "is the host's: each container has a fixed range of ids",
    next: "leave it out",
  },
  "security.syscalls.allow": {
    kind: "refused",
    why: "would take the place of the runtime's own list",
    next: 'use "security.syscalls.deny"',
  },
  "security.syscalls.intercept.*": {
    kind: "only",
    values: off,
    why: "needs a server beside the container that acts for it",
    next: "leave it out",
  },
};

/** Refuses the first key that would be ignored otherwise. */
export function refuseKeys(config: Readonly<Record<string, string>>, wish: Wish): void {
  for (const [key, value] of Object.entries(config)) {
    const fate = fateOf(key);
    if (fate === undefined) throw notSupported(wish, key, { why: "nobody here reads", next: "leave it out" });
    if (fate.kind === "refused" || (fate.kind === "only" && !fate.values.includes(value.toLowerCase()))) {
      throw notSupported(wish, key, fate);
    }
  }
}

/** The exact name wins, then the longest family. */
export function fateOf(key: string): Fate | undefined {
  if (Object.hasOwn(fates, key)) return fates[key];
  for (let end = key.lastIndexOf("."); end > 0; end = key.lastIndexOf(".", end - 1)) {
    const family = `${key.slice(0, end)}.*`;
    if (Object.hasOwn(fates, family)) return fates[family];
  }
  return undefined;
}
