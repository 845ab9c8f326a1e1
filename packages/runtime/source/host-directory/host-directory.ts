// `<run_dir>/NAME` becomes /host in the container. Root of a privileged container can put anything there, at any name; so nothing in it is
// ever followed, and what is not what it has to be is removed.
import { closeSync, openSync } from "node:fs";
import {
  bindMount,
  DiskError,
  fchmod,
  makeReadOnly,
  mkdirAt,
  mknodAt,
  O_CLOEXEC,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_PATH,
  O_RDONLY,
  openBeneath,
  realDisk,
  reopen,
  S_IFREG,
  statusAt,
  unlinkAt,
} from "@host-service/disk";

/** Directories of the guest API; whoever makes one first makes it so. */
const guestApiNames = ["incus", "lxd"] as const;

export interface HostDirectoryOptions {
  runDirectory: string;
  name: string;
}

/** `<run_dir>/NAME` with its directories for the guest API. The daemon does this as well, so it works while the other one does. */
export async function makeHostDirectory({ runDirectory, name }: HostDirectoryOptions): Promise<void> {
  await withDirectory(runDirectory, async (runFd) => {
    await ensureEntry(runFd, name, { kind: "directory", at: `${runDirectory}/${name}` });
  });
  await withDirectory(`${runDirectory}/${name}`, async (fd) => {
    for (const entry of guestApiNames) {
      await ensureEntry(fd, entry, { kind: "directory", at: `${runDirectory}/${name}/${entry}` });
    }
  });
}

export interface HostFiles {
  launcher: string;
  /** Undefined: the launcher is the program itself, and the container's own loader has to do. */
  library: string | undefined;
}

/** Shows the launcher and what it needs in the host directory, in this mount namespace alone. */
export async function mountHostFiles(options: HostDirectoryOptions, files: HostFiles): Promise<void> {
  const directory = `${options.runDirectory}/${options.name}`;
  await withDirectory(directory, async (fd) => {
    await show(fd, { name: "hostctl", kind: "file", at: `${directory}/hostctl` }, files.launcher);
    if (files.library === undefined) return;
    await show(fd, { name: "lib", kind: "directory", at: `${directory}/lib` }, files.library);
  });
}

type Entry = { name: string; kind: "file" | "directory"; at: string };

async function show(directoryFd: number, { name, kind, at }: Entry, source: string): Promise<void> {
  await ensureEntry(directoryFd, name, { kind, at });
  const from = openSync(source, O_PATH | O_CLOEXEC);
  try {
    const to = openBeneath(directoryFd, name, O_PATH, { links: "refuse" });
    try {
      bindMount(from, to);
    } finally {
      closeSync(to);
    }
    const shown = reopen(directoryFd, name);
    makeReadOnly(shown);
    closeSync(shown);
  } finally {
    closeSync(from);
  }
}

/** What is something else goes, whatever it is; `at` is its path, which removeTree does not follow either. */
async function ensureEntry(
  directoryFd: number,
  name: string,
  { kind, at }: { kind: "file" | "directory"; at: string },
): Promise<void> {
  const found = typeOf(directoryFd, name);
  if (found === kind) return;
  if (found === "directory") await realDisk.removeTree(at);
  else if (found !== undefined) unlinkAt(directoryFd, name);
  if (kind === "file") mknodAt(directoryFd, name, S_IFREG | 0o644);
  else makeDirectory(directoryFd, name);
}

/** The other program may have been faster. */
function makeDirectory(parentFd: number, name: string): void {
  try {
    mkdirAt(parentFd, name, 0o755);
  } catch (error) {
    if (error instanceof DiskError && error.kind === "exists") return;
    throw error;
  }
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
