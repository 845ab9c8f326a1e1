// A container as a runtime is to run it. Everything in it was granted, and the runtime that it names can do it.
import type { IdRange } from "@host-service/archive";

export type { IdRange };

/** What of the metadata archive matters for starting (see meta.json of a slot). config.yaml wins. */
export interface MetaHints {
  initCommand?: readonly string[];
  environment?: Readonly<Record<string, string>>;
  haltSignal?: string;
  rebootSignal?: string;
  stopSignal?: string;
  ttyMax?: number;
  ptyMax?: number;
  hostname?: string;
  mounts?: readonly MetaMount[];
}

/** A file system of the kernel's own, as the image's fstab has it. */
export interface MetaMount {
  type: string;
  target: string;
  options: readonly string[];
}

export type Init =
  /** With the image's init; `argv` where its metadata names one that no runtime would look for. */
  | { kind: "boot"; argv: readonly string[] | undefined }
  /** Instead of an init; `uid` and `gid` are those inside. */
  | { kind: "command"; argv: readonly string[]; cwd: string; uid: number; gid: number };

export type MountSource =
  /** `per: "container"` is shared by both slots and outlives updates, "slot" is the slot's own. */
  | { kind: "volume"; volume: string; per: "container" | "slot"; snapshot: boolean }
  /** `beneath` is the granted directory; from there on no link may be followed, as a container may have made it. */
  | { kind: "host"; path: string; beneath: string };

export interface Mount {
  /** The name under `devices:`. */
  device: string;
  source: MountSource;
  /** Inside; absolute, without "." and "..". */
  target: string;
  readonly: boolean;
  /** Whether what is mounted below the source comes along. */
  recursive: boolean;
  /** Where the source is missing: true = the container does not start, false = it starts without. */
  required: boolean;
}

/** A device node that `container run` makes for the container, with the numbers that `source` has then. */
export interface DeviceNode {
  device: string;
  kind: "char" | "block";
  /** Of the host, below /dev. */
  source: string;
  target: string;
  mode: number;
  uid: number;
  gid: number;
  required: boolean;
}

export interface NicAddresses {
  /** With the length of its network: "192.0.2.5/24". */
  address: string | undefined;
  gateway: string | undefined;
  /** Networks that the host reaches through the container. */
  routes: readonly string[];
}

export interface Nic {
  device: string;
  kind: "bridged" | "macvlan" | "ipvlan" | "physical" | "p2p";
  /** Of the host; undefined for p2p. */
  parent: string | undefined;
  /** Inside; undefined: what the runtime calls it. */
  name: string | undefined;
  /** What the host calls its end of a bridged or p2p nic. */
  hostName: string | undefined;
  hwaddr: string | undefined;
  mtu: number | undefined;
  mode: string | undefined;
  ipv4: NicAddresses;
  ipv6: NicAddresses;
}

export type Network = { kind: "host" } | { kind: "private"; nics: readonly Nic[] };

export interface Limits {
  /** Bytes, or a share of the host's memory. */
  memory: { bytes: number } | { percent: number } | undefined;
  /** Above a soft limit the container is slowed down, at a hard one it is killed. */
  memoryEnforce: "hard" | "soft";
  /** false: none; undefined: as the host has it. */
  swap: false | { bytes: number } | undefined;
  oomScoreAdjust: number | undefined;
  /** As much time as this many processors have; not whole ones only. */
  cpus: number | undefined;
  /** The processors' numbers, such as "0-1,3". */
  cpuSet: string | undefined;
  cpuQuotaPeriodMs: number | undefined;
  /** 1 to 100, of 100; a share among those who want more than there is. */
  cpuWeight: number | undefined;
  ioWeight: number | undefined;
  processes: number | undefined;
  /** By setrlimit(2)'s name in lower case ("nofile"). */
  kernel: ReadonlyMap<string, { soft: number | "unlimited"; hard: number | "unlimited" }>;
}

export interface Plan {
  name: string;
  runtime: "nspawn" | "lxc";
  /** Undefined: privileged, the ids inside are those of the host. */
  ids: IdRange | undefined;
  rootfs: "overlay" | "read-only";
  init: Init;
  environment: ReadonlyMap<string, string>;
  hostname: string;
  limits: Limits;
  /** By depth of the target, so that one below another comes later. */
  mounts: readonly Mount[];
  /** File systems in memory, empty at each start; by depth, and none in or around a mount. */
  memory: readonly { target: string; options: readonly string[] }[];
  nodes: readonly DeviceNode[];
  network: Network;
  /** Names in capitals, beside what the runtime gives. */
  capabilities: { add: readonly string[]; drop: readonly string[] };
  /** System calls that are denied beside those that the runtime denies. */
  syscallsDenied: readonly string[];
  sysctl: ReadonlyMap<string, string>;
  nesting: boolean;
  /** Lines of `raw.lxc`. */
  rawLines: readonly string[];
  /** Whether the guest API's sockets are there inside. */
  guestApi: boolean;
  autostart: { enabled: boolean; priority: number; delayMs: number };
  /** Whether a container that ended by itself is started again. */
  restart: boolean;
  stopTimeoutMs: number | undefined;
  /** Sent to its first process to end it in order. */
  killSignal: string | undefined;
  /** LXC's own: what its first process takes for a reboot, and what ends it at once. */
  rebootSignal: string | undefined;
  stopSignal: string | undefined;
  /** LXC's own: virtual consoles for gettys, and pseudo terminals. */
  ttyMax: number | undefined;
  ptyMax: number | undefined;
}
