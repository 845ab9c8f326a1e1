// `<run_dir>/NAME` becomes /host in the container. Root of a privileged container can put anything there, at any name; so nothing in it is
// ever followed, and what is not what it has to be is removed.
import { closeSync, openSync } from "node:fs";
import {
  DiskError,
  fchmod,
  mkdirAt,
  mknodAt,
  O_CLOEXEC,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_RDONLY,
  openBeneath,
  realDisk,
  S_IFREG,
  statusAt,
  unlinkAt,
} from "@host-service/disk";

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
