import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeTree } from "@host-service/disk";
import { ArchiveError } from "../../../source/error.ts";
import { type UnpackOptions, type UnpackReport, unpack } from "../../../source/unpack/unpack.ts";

export const isRoot = process.geteuid?.() === 0;
const jobEntry = join(import.meta.dir, "job-entry.ts");
/** Starts this package's jobs. */
export const program: readonly string[] = [process.execPath, jobEntry];
const nobody = 65534;
const setpriv = "/usr/bin/setpriv";

/** Who unpacks: whoever runs the tests, or, where that is root, a user without any privilege. */
export type As = "self" | "nobody";
export const everyAs: readonly As[] = isRoot && existsSync(setpriv) ? ["self", "nobody"] : ["self"];
if (!isRoot) console.warn("skipped: what only root can unpack (owners, devices, the chroot), as this is not root");
else if (everyAs.length === 1) console.warn(`skipped: unpacking without privileges, as there is no ${setpriv}`);

function programOf(as: As): readonly string[] {
  if (as === "self") return program;
  return [setpriv, `--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups", ...program];
}

/** A directory of its own for one test, gone at its end. */
export class Workshop {
  readonly path = mkdtempSync(join(tmpdir(), "host-service-unpack-"));

  constructor() {
    // So that nobody can reach what belongs to nobody.
    chmodSync(this.path, 0o755);
  }

  file(name: string, contents: Uint8Array | string): string {
    const path = join(this.path, name);
    writeFileSync(path, contents);
    return path;
  }

  directory(name: string, as: As = "self"): string {
    const path = join(this.path, name);
    mkdirSync(path);
    if (as === "nobody") chownSync(path, nobody, nobody);
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await removeTree(this.path);
  }
}

export const generousLimits = { entriesMax: 100_000, unpackedBytesMax: 4 * 1024 ** 3 };

export interface Unpacking extends Partial<Omit<UnpackOptions, "archive" | "program">> {
  readonly as?: As;
}

/** Unpacks a file on disk into a directory. */
export async function unpackFile(path: string, directory: string, options: Unpacking = {}): Promise<UnpackReport> {
  const { as = "self", ...rest } = options;
  const fd = openSync(path, "r");
  try {
    const archive = { fd, offset: 0, bytes: fstatSync(fd).size };
    return await unpack({ program: programOf(as), archive, directory, limits: generousLimits, ...rest });
  } finally {
    closeSync(fd);
  }
}

/** What the archive is refused with; it is an error of the test if it is not. */
export async function refusalOf(path: string, directory: string, options: Unpacking = {}): Promise<ArchiveError> {
  try {
    await unpackFile(path, directory, options);
  } catch (error) {
    if (error instanceof ArchiveError) return error;
    throw error;
  }
  throw new Error(`Cannot see a refusal: "${path}" was unpacked`);
}

/** The process ids of our children, also of those that have ended and were not waited for. */
export function childProcesses(): number[] {
  const parentOf = (pid: string): string | undefined => {
    try {
      // The name, in parentheses, may hold anything.
      return readFileSync(`/proc/${pid}/stat`, "latin1").split(") ").at(-1)?.split(" ")[1];
    } catch {
      return undefined; // It has ended meanwhile.
    }
  };
  const pids = readdirSync("/proc").filter((name) => /^\d+$/u.test(name));
  return pids.filter((pid) => parentOf(pid) === String(process.pid)).map(Number);
}

export async function run(command: readonly string[], cwd: string): Promise<{ exitCode: number; errors: string }> {
  const child = Bun.spawn([...command], {
    cwd,
    stdout: "ignore",
    stderr: "pipe",
    env: { PATH: process.env["PATH"], LC_ALL: "C" },
  });
  const errors = await new Response(child.stderr).text();
  return { exitCode: await child.exited, errors };
}
