// node:fs/promises, so that a slow fsync holds a thread of its pool and never the daemon's loop.
import type { Stats } from "node:fs";
import {
  chmod,
  type FileHandle,
  lstat,
  mkdir,
  open,
  readdir,
  readlink,
  rename,
  symlink,
  unlink,
} from "node:fs/promises";
import type { Disk, EntryStatus } from "./disk.ts";
import { DiskError, errorOfNode } from "./disk-error.ts";
import { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } from "./linux.ts";
import { removeTree } from "./remove-tree.ts";

export const realDisk: Disk = {
  async read(path, options = {}) {
    // O_NONBLOCK: opening a FIFO would otherwise wait for a writer.
    return await withFile(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, async (file) => {
      const status = await file.stat();
      if (!status.isFile()) {
        throw new DiskError({
          kind: "not-regular",
          code: "EINVAL",
          call: "read",
          path,
          why: "it is not a regular file",
        });
      }
      return await readAtMost(file, path, options.bytesMax ?? Number.MAX_SAFE_INTEGER);
    });
  },
  async list(path) {
    return (await translated("readdir", path, () => readdir(path))).sort();
  },
  async status(path) {
    const status = await unlessMissing("lstat", path, () => lstat(path));
    return status && { type: typeOf(status), bytes: status.size, mode: status.mode & 0o7777 };
  },
  readLink: (path) => unlessMissing("readlink", path, () => readlink(path)),
  async create(path, contents, options = {}) {
    await withFile(
      path,
      O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW,
      async (file) => {
        await file.writeFile(contents);
        // Past the umask.
        if (options.mode !== undefined) await file.chmod(options.mode);
      },
      0o600,
    );
  },
  sync: (path) => withFile(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, (file) => file.sync(), 0, "fsync"),
  rename: (from, to) => translated("rename", from, () => rename(from, to)),
  unlink: (path) => translated("unlink", path, () => unlink(path)),
  link: (target, path) => translated("symlink", path, () => symlink(target, path)),
  async makeDirectory(path, options = {}) {
    try {
      await translated("mkdir", path, async () => {
        await mkdir(path, { mode: options.mode ?? 0o700 });
        // Past the umask.
        if (options.mode !== undefined) await chmod(path, options.mode);
      });
    } catch (error) {
      if (!(error instanceof DiskError) || error.kind !== "exists") throw error;
      if (!(await lstat(path)).isDirectory()) throw error;
    }
  },
  removeTree,
};

// One byte more than allowed is asked for, so that a file that grows cannot pass.
async function readAtMost(file: FileHandle, path: string, bytesMax: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let total = 0;
  for (;;) {
    const part = new Uint8Array(65536);
    const { bytesRead } = await file.read(part, 0, part.byteLength, total);
    if (bytesRead === 0) return Buffer.concat(parts, total);
    total += bytesRead;
    if (total > bytesMax) {
      const why = `it has more than ${bytesMax} bytes`;
      throw new DiskError({ kind: "system-call", code: "EFBIG", call: "read", path, why });
    }
    parts.push(part.subarray(0, bytesRead));
  }
}

async function withFile<Result>(
  path: string,
  flags: number,
  use: (file: FileHandle) => Promise<Result>,
  mode = 0,
  call = "open",
): Promise<Result> {
  return await translated(call, path, async () => {
    const file = await open(path, flags, mode);
    try {
      return await use(file);
    } finally {
      await file.close();
    }
  });
}

async function translated<Result>(call: string, path: string, act: () => Promise<Result>): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    throw errorOfNode(error, call, path);
  }
}

async function unlessMissing<Result>(
  call: string,
  path: string,
  act: () => Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await translated(call, path, act);
  } catch (error) {
    if (error instanceof DiskError && error.kind === "missing") return undefined;
    throw error;
  }
}

function typeOf(status: Stats): EntryStatus["type"] {
  if (status.isFile()) return "file";
  if (status.isDirectory()) return "directory";
  if (status.isSymbolicLink()) return "symlink";
  return "other";
}
