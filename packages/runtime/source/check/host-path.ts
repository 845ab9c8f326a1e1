// Directories and files of the host that a container was granted. Below the granted one no link is followed: a container that
// may write there could have made it.
import { closeSync, openSync, readlinkSync, realpathSync } from "node:fs";
import { DiskError, O_CLOEXEC, O_PATH, openBeneath } from "@host-service/disk";
import { RuntimeError } from "../error.ts";
import type { Mount } from "../model/plan.ts";
import { isWithin } from "../plan/paths.ts";

type HostMount = Mount & { source: { kind: "host" } };

export interface HostPathOptions {
  deed?: string;
  ownPaths: readonly string[];
}

export function isHostMount(mount: Mount): mount is HostMount {
  return mount.source.kind === "host";
}

/**
 * A descriptor (O_PATH) of what is to be mounted, so that nobody can exchange it before it is; the caller closes it. Undefined
 * where it is missing and was not required. Throws RuntimeError "not-granted" where a link lies on the way.
 */
export function openHostPath(
  { device, source, required }: HostMount,
  { deed = "start the container", ownPaths }: HostPathOptions,
): number | undefined {
  const key = `devices.${device}.source`;
  const shown = JSON.stringify(source.path);
  const descriptor = openWithoutLinks(source, (why, cause) => {
    return new RuntimeError("not-granted", `Cannot ${deed}: ${shown}, which "${key}" names, ${why}`, { key, cause });
  });
  if (descriptor === undefined) {
    if (!required) return undefined;
    const next = `make it on the host, or write required: "false"`;
    throw new RuntimeError("not-supported", `Cannot ${deed}: ${shown}, which "${key}" names, is not there; ${next}`, {
      key,
    });
  }
  const real = readlinkSync(`/proc/self/fd/${descriptor}`);
  const own = ownPaths.map(realOf).find((path) => isWithin(real, path) || isWithin(path, real));
  if (own === undefined) return descriptor;
  closeSync(descriptor);
  const why = `would share "${own}", which is the host service's own; use source "volume:NAME"`;
  throw new RuntimeError("not-granted", `Cannot ${deed}: ${shown}, which "${key}" names, ${why}`, { key });
}

function openWithoutLinks(
  { path, beneath }: HostMount["source"],
  refusal: (why: string, cause: unknown) => RuntimeError,
): number | undefined {
  let top: number;
  try {
    // Of the administrator's own words links are followed.
    top = openSync(beneath, O_PATH | O_CLOEXEC);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  const rest = path.slice(beneath === "/" ? 1 : beneath.length + 1);
  if (rest === "") return top;
  try {
    return openBeneath(top, rest, O_PATH, { links: "refuse" });
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    const next = `name the directory that is meant, or have its administrator grant that`;
    throw refusal(`has a link on its way below "${beneath}", which a container may have made; ${next}`, error);
  } finally {
    closeSync(top);
  }
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // It is not there, so nothing of it can be shared.
    return path;
  }
}
