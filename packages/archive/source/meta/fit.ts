import { canonicalArchitecture } from "../config/architecture.ts";
import { clean, refuseMeta } from "./refusal.ts";

/** What kernels of an architecture run beside their own. */
const alsoRuns: Readonly<Record<string, readonly string[]>> = {
  x86_64: ["i686"],
  aarch64: ["armv8l", "armv7l", "armv6l"],
};
/** Names of personalities that LXC has besides (lxc.container.conf(5), lxc.arch). */
const personalities: Readonly<Record<string, string>> = {
  linux32: "i686",
  athlon: "i686",
  i486: "i686",
  linux64: "x86_64",
};

/** Refuses an image of a machine whose programs this host does not run. */
export function checkArchitecture(name: string, key: string, host: string | undefined): void {
  if (host === undefined) return;
  const image = canonicalArchitecture(name) ?? personalities[name];
  if (image === host || (image !== undefined && alsoRuns[host]?.includes(image) === true)) return;
  throw refuseMeta(`${key} is ${JSON.stringify(clean(name))}, and this host is "${host}"; take the image for ${host}`);
}
