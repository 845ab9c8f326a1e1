// The place of the state: there, ours, roomy, and on the right partition.
import { mkdtemp, open, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freeSpace, reflink } from "@host-service/disk";
import type { Finding } from "@host-service/protocol";
import type { Configuration } from "../../configuration/configuration.ts";
import { ok, problem, reasonOf, warning } from "../finding.ts";
import type { World } from "../world.ts";

/** The largest installed image; what an update of it takes. */
export interface Largest {
  bytes: number;
  entries: number;
}

/** Below this nothing useful can be unpacked. */
const inodesMin = 1000;

export async function examineState(
  world: World,
  configuration: Configuration,
  largest: Largest | undefined,
): Promise<Finding[]> {
  const { stateDirectory } = configuration;
  const found = await stat(stateDirectory).catch((error: unknown) => reasonOf(error));
  if (typeof found === "string") {
    const message = `"${stateDirectory}" of state_dir cannot be looked at (${found})`;
    return [problem("state", message, "start host-service, which makes it, or mount what it should be on")];
  }
  const isOpen = (found.mode & 0o077) !== 0;
  const place = isOpen
    ? warning("state", `"${stateDirectory}" can be read by others`, `run chmod 0700 ${stateDirectory}`)
    : ok("state", `"${stateDirectory}"`);
  return [
    place,
    space(configuration, largest),
    await partition(world, configuration, found.dev),
    await sharing(stateDirectory),
  ];
}

function space({ stateDirectory, limits }: Configuration, largest: Largest | undefined): Finding {
  const check = "free space";
  const free = freeSpace(stateDirectory);
  const usable = free.bytes - limits.reserveBytes;
  const said = `${megabytes(free.bytes)} MB and ${free.inodes === Infinity ? "any number of" : free.inodes} inodes`;
  const next = "make room on that partition, or lower limits.reserve_bytes";
  if (usable <= 0) {
    const reserve = `limits.reserve_bytes (${megabytes(limits.reserveBytes)} MB)`;
    return problem(check, `${said} are left, and ${reserve} are never used: nothing can be installed`, next);
  }
  if (free.inodes < inodesMin) return problem(check, `${said} are left: nothing can be unpacked`, next);
  if (largest !== undefined && (usable < largest.bytes || free.inodes < largest.entries)) {
    const size = `${megabytes(largest.bytes)} MB and ${largest.entries} entries`;
    return warning(
      check,
      `${said} are left, and the largest image takes ${size}`,
      "make room before the next update of it",
    );
  }
  return ok(check, `${said} are left`);
}

async function partition(world: World, { upgrade, stateDirectory }: Configuration, device: number): Promise<Finding> {
  const check = "state partition";
  if (upgrade === undefined) return ok(check, "no [upgrade] is configured, so that there is one root file system");
  const root = await stat(world.root);
  if (root.dev !== device) return ok(check, "not on the root file system, so that both slots of the host can share it");
  const message = `"${stateDirectory}" is on the root file system, which an upgrade of the host replaces`;
  return warning(check, message, "mount a partition there that both slots share, or set state_dir to one");
}

/** Tried in the inbox: its file system is what images are copied within. */
async function sharing(stateDirectory: string): Promise<Finding> {
  const check = "block sharing";
  const without = "not there: files are copied instead, which btrfs and xfs would spare";
  const directory = await mkdtemp(join(stateDirectory, ".doctor-")).catch(() => undefined);
  if (directory === undefined) {
    return problem(
      check,
      `nothing can be written to "${stateDirectory}"`,
      "run it as root, and mount the partition for writing",
    );
  }
  try {
    await writeFile(join(directory, "from"), await readFile("/proc/self/status"));
    const from = await open(join(directory, "from"));
    const to = await open(join(directory, "to"), "w");
    try {
      return ok(check, reflink(from.fd, to.fd) ? "the file system shares blocks of copies" : without);
    } finally {
      await Promise.all([from.close(), to.close()]);
    }
  } finally {
    await rm(directory, { recursive: true });
  }
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e6);
}
