// `<run_dir>/NAME` becomes /host in the container. Root of a privileged container can put anything there, at any name; so nothing in it is
// ever followed, and what is not what it has to be is removed.
import { closeSync, openSync } from "node:fs";
import {
  DiskError,
  fchmod,
  fchownAt,
  mkdirAt,
  mknodAt,
  O_CLOEXEC,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_PATH,
  O_RDONLY,
  openBeneath,
  realDisk,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
  statusAt,
  unlinkAt,
} from "@host-service/disk";
import type { IdRange } from "../model/plan.ts";

/** What lies in it beside the sockets: where the launcher and its libraries are shown, and the directories of the guest API. */
const entries = { hostctl: "file", lib: "directory", incus: "directory", lxd: "directory" } as const;

/**
 * Makes it and what the runtime mounts on. The daemon may make it at the same moment, and the container's own processes have ended; in
 * whatever state it is found, it is right afterwards.
 */
export async function makeHostDirectory({ runDirectory, name }: { runDirectory: string; name: string }): Promise<void> {
  const path = `${runDirectory}/${name}`;
  await withDirectory(runDirectory, (fd) => ensureEntry(fd, name, { kind: "directory", path }));
  await withDirectory(path, async (fd) => {
    for (const [entry, kind] of Object.entries(entries)) {
      await ensureEntry(fd, entry, { kind, path: `${path}/${entry}` });
    }
  });
}

/** The ids of the host that a privileged container has; those of the others begin here. */
const hostIds: IdRange = { base: 0, count: 0x8_0000 };

/**
 * The daemon's sockets belong to the container's root, or to whom that gave them. An image with other ids than the last one in this boot
 * would find them with owners that it does not have.
 */
export async function giveSockets(
  { runDirectory, name }: { runDirectory: string; name: string },
  ids: IdRange | undefined,
): Promise<void> {
  const { base, count } = ids ?? hostIds;
  await withDirectory(`${runDirectory}/${name}`, async (directoryFd) => {
    for (const socket of ["host-service", "host-service.peer"]) {
      if (typeOf(directoryFd, socket) !== "other") continue;
      const fd = openBeneath(directoryFd, socket, O_PATH, { links: "refuse" });
      const { uid, rawMode } = statusAt(fd, "");
      if ((rawMode & S_IFMT) === S_IFSOCK && (uid < base || uid >= base + count)) fchownAt(fd, "", base, base);
      closeSync(fd);
    }
  });
}

/** `path` is where it lies: only for removeTree, which does not follow links. */
async function ensureEntry(
  directoryFd: number,
  name: string,
  { kind, path }: { kind: "file" | "directory"; path: string },
): Promise<void> {
  const found = typeOf(directoryFd, name);
  if (found === kind) return;
  if (found === "directory") await realDisk.removeTree(path);
  else if (found !== undefined) unlinkAt(directoryFd, name);
  try {
    if (kind === "file") mknodAt(directoryFd, name, S_IFREG | 0o644);
    else makeDirectory(directoryFd, name);
  } catch (error) {
    // The other program was faster.
    if (!(error instanceof DiskError) || error.kind !== "exists" || typeOf(directoryFd, name) !== kind) throw error;
  }
}

function makeDirectory(parentFd: number, name: string): void {
  mkdirAt(parentFd, name, 0o755);
  const fd = openBeneath(parentFd, name, O_RDONLY | O_DIRECTORY, { links: "refuse" });
  // Past the umask.
  fchmod(fd, 0o755);
  closeSync(fd);
}

function typeOf(directoryFd: number, name: string): string | undefined {
  try {
    return statusAt(directoryFd, name).type;
  } catch (error) {
    if (error instanceof DiskError && error.kind === "missing") return undefined;
    throw error;
  }
}

async function withDirectory(path: string, use: (fd: number) => Promise<void>): Promise<void> {
  const fd = openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  try {
    await use(fd);
  } finally {
    closeSync(fd);
  }
}
