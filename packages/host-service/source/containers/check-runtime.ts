// Whether a container can be run as its config.yaml asks, before its image becomes a slot: what would only fail at the next boot
// fails now, with nothing left behind.
import { closeSync } from "node:fs";
import type { InstanceConfig } from "@host-service/archive";
import {
  checkMountPoints,
  checkProgram,
  checkSystemCalls,
  findInit,
  hostArchitecture,
  isHostMount,
  openHostPath,
  runs,
  runtimeOf,
  unusedHints,
  wantedOf,
} from "@host-service/runtime";
import type { Grant, MetaHints, Wanted } from "@host-service/runtime";
import { RequestError } from "../problems/request-error.ts";

export interface RuntimeContext {
  name: string;
  grant: Grant;
  /** The host that runs this program, or a device whose image is being built. */
  host: "this" | "another";
  /** How what was set live is taken back. */
  undoOf?: (key: string) => string | undefined;
}

const deed = "install the image";

/** What a runtime is to do, or undefined where the host's own units start the container. Throws what cannot be done, or is not granted. */
export function checkRuntime(
  config: InstanceConfig,
  { name, grant, host, undoOf }: RuntimeContext,
): Wanted | undefined {
  if (host === "this") checkArchitecture(config);
  if (runtimeOf(config, grant) === "none") {
    refuseTrialHelpers(config);
    return undefined;
  }
  const wanted = wantedOf(config, { name, grant, ...(undoOf === undefined ? {} : { undoOf }) });
  if (host === "another") return wanted;
  const here = { path: process.env["PATH"], deed };
  checkProgram(wanted.runtime, here);
  checkSystemCalls(wanted.syscallsDenied, here);
  for (const mount of wanted.mounts) {
    const descriptor = isHostMount(mount) ? openHostPath(mount, { deed, ownPaths: grant.ownPaths }) : undefined;
    if (descriptor !== undefined) closeSync(descriptor);
  }
  return wanted;
}

/** What of the image's metadata the container does not get, for a person. */
export function unusedOf(wanted: Wanted | undefined, meta: MetaHints | undefined): string[] {
  if (meta === undefined) return [];
  if (wanted !== undefined) return unusedHints(wanted, meta);
  const keys = Object.entries(meta).filter(([, value]) => !Array.isArray(value) || value.length > 0);
  return keys.length === 0
    ? []
    : ["what the metadata says of the start is left out: the host's own units run the container"];
}

/** After unpacking: that there is something to start, also with what the image's metadata says, and room for what is mounted. */
export function checkRootfs(
  config: InstanceConfig,
  { name, grant, host, rootfs, meta }: RuntimeContext & { rootfs: string; meta: MetaHints | undefined },
): void {
  if (runtimeOf(config, grant) === "none") return;
  const wanted = wantedOf(config, { name, grant, ...(meta === undefined ? {} : { meta }) });
  const architecture = host === "this" ? hostArchitecture() : (config.architecture ?? "any");
  findInit(wanted, rootfs, { deed, architecture });
  checkMountPoints(wanted, rootfs);
}

function checkArchitecture({ architecture }: InstanceConfig): void {
  const own = hostArchitecture();
  if (runs(own, architecture)) return;
  const why = `config.yaml says "architecture" "${architecture}", and this host is ${own}`;
  throw new RequestError("not-supported", `Cannot ${deed}: ${why}; install an image for ${own}`);
}

/** What needs a runtime of ours. That its guest is ready each container can say. */
function refuseTrialHelpers({ trial }: InstanceConfig): void {
  if (trial.health !== undefined) {
    const next = "leave it out, and let the guest say that it is ready (PATCH /1.0 on /dev/incus/sock)";
    throw notSupported("trial.health", `it needs a runtime that runs a command in the container; ${next}`);
  }
  if (trial.timeoutMs !== undefined) {
    throw notSupported("trial.timeout", "it needs a runtime that can restart the container; leave it out");
  }
}

function notSupported(key: string, why: string): RequestError {
  return new RequestError("not-supported", `Cannot ${deed}: config.yaml asks for "${key}": ${why}`);
}
