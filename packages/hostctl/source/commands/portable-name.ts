import { basename } from "node:path";
import { UsageError } from "../arguments/usage-error.ts";

const endings = /(?:\.tar(?:\.(?:xz|zst|gz))?|\.raw|\.squashfs|\.img)$/;

/** As systemd reads the names of images: what stands before the first "_", or the name without its ending. */
export function serviceNameOf(file: string, path: readonly string[], next = "give another with --name"): string {
  return serviceName((basename(file).split("_")[0] ?? "").replace(endings, ""), path, next);
}

/** One that is given as a name is taken as it is. */
export function serviceName(name: string, path: readonly string[], next = "give another"): string {
  if (/^[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(name)) return name;
  const rule = "it has letters, digits and hyphens, begins with a letter and does not end with a hyphen";
  throw new UsageError(`Cannot take ${JSON.stringify(name)} for a portable service's name: ${rule}; ${next}`, [
    ...path,
  ]);
}
