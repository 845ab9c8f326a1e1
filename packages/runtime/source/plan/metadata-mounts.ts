// `fstab` of an image's metadata: what of it a container gets beside what its runtime mounts anyway. These are the kernel's own file
// systems, which a container may have without a grant; those of the host were refused when the archive was read.
import type { MetaMount, Mount } from "../model/plan.ts";
import { mountedByRuntime } from "./disks.ts";
import { isWithin } from "./paths.ts";

/** What tmpfs(5) and mount(8) know; the rest of the allowed options is for other file systems. */
const option =
  /^(?:ro|rw|(?:no)?(?:suid|dev|exec)|(?:rel|no|strict)?atime|nodiratime|gid=\d+|uid=\d+|size=\d+[kmg%]?|nr_inodes=\d+[kmg]?|mode=[0-7]{3,4})$/iu;

export interface MetadataMounts {
  /** By depth. */
  memory: { target: string; options: readonly string[] }[];
  /** What is left out, as a sentence for a person. */
  unused: string[];
}

export function readMetadataMounts(wished: readonly MetaMount[], disks: readonly Mount[]): MetadataMounts {
  const read: MetadataMounts = { memory: [], unused: [] };
  for (const { type, target, options } of wished) {
    if (mountedByRuntime(target) !== undefined) continue;
    const disk = disks.find((other) => isWithin(other.target, target) || isWithin(target, other.target));
    const other = read.memory.find((one) => isWithin(one.target, target) || isWithin(target, one.target));
    const why =
      type !== "tmpfs"
        ? `the runtime mounts ${type} at its usual place only`
        : disk !== undefined
          ? `the device "${disk.device}" is mounted at "${disk.target}"`
          : other !== undefined
            ? `another line has "${other.target}"`
            : undefined;
    if (why !== undefined) read.unused.push(`${type} at "${target}" of the metadata's fstab is left out: ${why}`);
    else read.memory.push({ target, options: options.filter((word) => option.test(word)) });
  }
  read.memory.sort((one, two) => one.target.split("/").length - two.target.split("/").length);
  return read;
}
