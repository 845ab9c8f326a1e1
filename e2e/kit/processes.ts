// What /proc says about a process.
import { readFile, readdir, readlink } from "node:fs/promises";

/** "VmHWM" is the most that was resident at any time, "VmRSS" what is now; in bytes. */
export async function memoryOf(pid: number, field: "VmHWM" | "VmRSS"): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(status)?.[1];
  if (kilobytes === undefined) throw new Error(`Cannot measure process ${pid}: it has no ${field}`);
  return Number(kilobytes) * 1024;
}

/** The arguments of each living child. */
export async function childrenOf(pid: number): Promise<{ pid: number; arguments: string[] }[]> {
  const found: { pid: number; arguments: string[] }[] = [];
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const [stat, line] = await Promise.all([
        readFile(`/proc/${entry}/stat`, "utf8"),
        readFile(`/proc/${entry}/cmdline`, "utf8"),
      ]);
      const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (Number(parent) === pid && state !== "Z")
        found.push({ pid: Number(entry), arguments: line.split("\0").slice(0, -1) });
    } catch {
      // It has ended between the two looks.
    }
  }
  return found;
}

export async function isAlive(pid: number): Promise<boolean> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2)[0] !== "Z";
  } catch {
    return false;
  }
}

/** The inodes of the sockets that the process holds. */
export async function socketInodes(pid: number): Promise<Set<string>> {
  const inodes = new Set<string>();
  for (const fd of await readdir(`/proc/${pid}/fd`)) {
    const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => "");
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
    if (inode !== undefined) inodes.add(inode);
  }
  return inodes;
}
