// The four ways in which a container runs, and what the host's configuration grants for each.
import type { ImageWishes } from "./images.ts";

export interface Flavour {
  name: string;
  runtime: "nspawn" | "lxc";
  isPrivileged: boolean;
}

const nspawnPrivileged: Flavour = { name: "nspawn, privileged", runtime: "nspawn", isPrivileged: true };
export const nspawnPrivate: Flavour = { name: "nspawn, private users", runtime: "nspawn", isPrivileged: false };
const lxcPrivileged: Flavour = { name: "LXC, privileged", runtime: "lxc", isPrivileged: true };
export const lxcUnprivileged: Flavour = { name: "LXC, unprivileged", runtime: "lxc", isPrivileged: false };
export const flavours = [nspawnPrivileged, nspawnPrivate, lxcPrivileged, lxcUnprivileged];

/** The section of config.toml for a container. */
export function granting({ runtime, isPrivileged }: Flavour, name = "edge"): string {
  return `[containers.${name}]\nruntime = "${runtime}"\n${isPrivileged ? "privileged = true\n" : ""}`;
}

/** What config.yaml says of it. */
export function wishing({ runtime, isPrivileged }: Flavour, config: Record<string, string> = {}): ImageWishes {
  return { runtime, config: { ...config, ...(isPrivileged ? { "security.privileged": "true" } : {}) } };
}
