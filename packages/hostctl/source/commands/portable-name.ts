import { basename } from "node:path";
import { UsageError } from "../arguments/usage-error.ts";

const endings = /(?:\.tar(?:\.(?:xz|zst|gz))?|\.raw|\.squashfs|\.img)$/;

/** As systemd reads the names of images: what stands before the first "_", or the name without its ending. */
export function serviceName(given: string, path: readonly string[]): string {
  const name = (basename(given).split("_")[0] ?? "").replace(endings, "");
  if (/^[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(name)) return name;
  const rule = "it has letters, digits and hyphens, begins with a letter and does not end with a hyphen";
  throw new UsageError(
    `Cannot take ${JSON.stringify(name)} for a portable service's name: ${rule}; give another with --name`,
    [...path],
  );
}
