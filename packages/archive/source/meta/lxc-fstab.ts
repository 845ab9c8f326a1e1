// `fstab` of the flat LXC convention: mounts of the container. The kernel's own file systems are taken; what comes from the host is
// config.yaml's to ask for, and the host's to grant.
import type { KernelMount, MetaContext } from "./metadata.ts";
import { clean, refuseMeta } from "./refusal.ts";

const kernelTypes = new Set(["proc", "sysfs", "tmpfs", "devpts", "mqueue", "cgroup", "cgroup2"]);
const flag =
  /^(?:defaults|ro|rw|(?:no)?(?:suid|dev|exec)|(?:rel|no|strict)?atime|nodiratime|newinstance|gid=\d+|uid=\d+)$/u;
const size =
  /^(?:size=\d+[kmg%]?|nr_inodes=\d+[kmg]?|(?:pt)?mx?mode=[0-7]{3,4}|ptmxmode=[0-7]{3,4}|mode=[0-7]{3,4})$/iu;

export interface Fstab {
  mounts: KernelMount[];
  ignored: string[];
}

export function readFstab(
  lines: readonly string[],
  name: string,
  { rootfs, hostMounts }: Pick<MetaContext, "rootfs" | "hostMounts">,
): Fstab {
  const fstab: Fstab = { mounts: [], ignored: [] };
  for (const line of lines) {
    if (line.startsWith("#")) continue;
    const [source, target, type, options = "defaults"] = line.split(/\s+/u).map(unescaped);
    if (source === undefined || target === undefined || type === undefined) {
      throw refuseMeta(`${name} has a line that is no mount: ${JSON.stringify(clean(line, 80))}`);
    }
    const inside = targetInside(target, rootfs);
    const given = options.split(",");
    if (inside === undefined) fstab.ignored.push(`${name}: ${clean(target)}`);
    else if (kernelTypes.has(type) && !given.some((option) => /^r?bind$/u.test(option))) {
      fstab.mounts.push({
        type,
        target: inside,
        options: given.filter((option) => flag.test(option) || size.test(option)),
      });
    } else if (!hostMounts.some((mount) => isSamePath(mount.source, source) && isSamePath(mount.target, inside))) {
      throw refuseMeta(
        `${name} mounts ${JSON.stringify(clean(source))} of the host at ${JSON.stringify(clean(inside))}; ` +
          "what a container gets of the host is said in config.yaml, as a device of type disk",
      );
    }
  }
  return fstab;
}

/** The path in the container; undefined where it is none. The target may be relative, or below the root as the host sees it. */
function targetInside(target: string, rootfs: string): string | undefined {
  const below = target.startsWith(`${rootfs}/`) ? target.slice(rootfs.length) : target;
  const parts = below.split("/").filter((part) => part !== "" && part !== ".");
  return parts.includes("..") || parts.length === 0 || below.includes("\0") ? undefined : `/${parts.join("/")}`;
}

function isSamePath(left: string, right: string): boolean {
  const plain = (path: string) => path.replaceAll(/\/+/gu, "/").replace(/(?<=.)\/$/u, "");
  return plain(left) === plain(right);
}

/** fstab(5) writes a space as \040. */
function unescaped(field: string): string {
  return field.replaceAll(/\\([0-7]{3})/gu, (_, digits: string) => String.fromCodePoint(Number.parseInt(digits, 8)));
}
