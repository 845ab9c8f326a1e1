// The order in which a config.yaml becomes a plan. Each step reads its own keys and refuses what it cannot keep.
import type { Device, InstanceConfig } from "@host-service/archive";
import type { Grant } from "../model/grant.ts";
import type { IdRange, MetaHints, Plan } from "../model/plan.ts";
import { readCapabilities } from "./capabilities.ts";
import { readMounts } from "./disks.ts";
import { readEnvironment } from "./environment.ts";
import { readInit } from "./init.ts";
import { refuseKeys } from "./keys.ts";
import { readLifecycle } from "./lifecycle.ts";
import { readLimits } from "./limits.ts";
import { readMetadataMounts } from "./metadata-mounts.ts";
import { readNetwork } from "./nics.ts";
import { readNodes } from "./nodes.ts";
import { readRawLines } from "./raw-lines.ts";
import { isOn, notGranted, notSupported } from "./refusal.ts";
import type { Wish } from "./refusal.ts";
import { runtimeOf } from "./runtime-of.ts";
import { readSysctl } from "./sysctl.ts";
import { readDeniedCalls } from "./system-calls.ts";

export interface PlanOptions {
  name: string;
  grant: Grant;
  /** The container's own range; not looked at for a privileged one. */
  ids: IdRange | undefined;
  meta?: MetaHints;
  /** What a refusal stops: "Cannot install the image: …" without it. */
  deed?: string;
  /** How what was set live and asks for this key is taken back; "" before it is set, undefined where config.yaml asks for it. */
  undoOf?: (key: string) => string | undefined;
}

/** What config.yaml asks for, before it is known which ids the container gets. */
export type Wanted = Omit<Plan, "ids"> & { privileged: boolean };

/**
 * What config.yaml asks for, as a plan for the runtime that it, else the grant, names. Pure: nothing of the host is looked at.
 * Throws RuntimeError "not-granted", "not-supported" or "value", which names the key and the next step. Not for runtime "none".
 */
export function planOf(config: InstanceConfig, options: PlanOptions): Plan {
  const { privileged, ...plan } = wantedOf(config, options);
  if (privileged) return { ...plan, ids: undefined };
  if (options.ids === undefined) throw new Error(`"${options.name}" is not privileged and has no range of ids`);
  return { ...plan, ids: options.ids };
}

/** The same for who checks an image before anything is made of it. */
export function wantedOf(config: InstanceConfig, options: Omit<PlanOptions, "ids">): Wanted {
  const { name, grant, meta } = options;
  const runtime = runtimeOf(config, grant);
  if (runtime === "none") throw new Error("no plan is made for a container that the host's own units start");
  const { deed = "install the image", undoOf = () => undefined } = options;
  const wish: Wish = { name, runtime, grant, deed, undoOf };
  const keys = config.config;
  refuseKeys(keys, wish);
  const privileged = isOn(keys["security.privileged"]);
  if (privileged && !grant.privileged) throw notGranted(wish, "security.privileged", { key: "privileged" });
  const network = readNetwork(devicesOf(config, "nic"), wish);
  if (runtime === "lxc" && network.kind === "host" && !privileged) {
    const why = "LXC can give to privileged containers only";
    const [device] = devicesOf(config, "nic")[0] ?? ["*"];
    throw notSupported(wish, `devices.${device}.nictype`, { why, next: "use runtime: nspawn, or another nictype" });
  }
  const mounts = readMounts(devicesOf(config, "disk"), wish);
  return {
    name,
    runtime,
    privileged,
    rootfs: config.rootfs,
    init: readInit(keys, meta, wish),
    environment: readEnvironment(keys, meta, wish),
    hostname: name,
    limits: readLimits(keys, wish),
    mounts,
    memory: readMetadataMounts(meta?.mounts ?? [], mounts).memory,
    nodes: readNodes([...devicesOf(config, "unix-char"), ...devicesOf(config, "unix-block")], wish),
    network,
    capabilities: readCapabilities(keys, wish),
    syscallsDenied: readDeniedCalls(keys, wish),
    sysctl: readSysctl(keys, network, wish),
    nesting: readNesting(keys, wish),
    rawLines: readRawLines(keys, wish),
    // The directories are always there: the switches, which may change while it runs, say whether a socket is in them.
    guestApi: true,
    ...readLifecycle(keys, meta, wish),
    ttyMax: meta?.ttyMax,
    ptyMax: meta?.ptyMax,
  };
}

function readNesting(config: InstanceConfig["config"], wish: Wish): boolean {
  const key = "security.nesting";
  if (!isOn(config[key])) return false;
  if (wish.runtime === "nspawn") throw notSupported(wish, key, { next: "use runtime: lxc, or leave it out" });
  if (!wish.grant.nesting) throw notGranted(wish, key, { key: "nesting" });
  return true;
}

function devicesOf<Type extends Device["type"]>(
  config: InstanceConfig,
  type: Type,
): [name: string, device: Extract<Device, { type: Type }>][] {
  return Object.entries(config.devices).filter(
    (entry): entry is [string, Extract<Device, { type: Type }>] => entry[1].type === type,
  );
}
