// An image that has arrived, laid out for looking into it, beside the slots: until all checks have passed nothing of the service changes.
import { constants, copyFile, mkdir, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { recogniseAt, unpack, ArchiveError } from "@host-service/archive";
import type { UnpackOptions, UnpackReport } from "@host-service/archive";
import { DiskError, realDisk } from "@host-service/disk";
import { PortableError } from "../error.ts";
import type { Portabled, Prefixes } from "../bus/portabled.ts";
import { inspectDirectory, inspectRaw } from "../image/inspect.ts";
import type { HostFacts, Inspected } from "../image/inspect.ts";
import { addMountPoints } from "../image/mount-points.ts";
import { directoryTree } from "../image/tree.ts";
import type { ArrivedFile } from "./arrived-file.ts";
import { refuseWithoutRoom } from "./space.ts";

export interface Unpacking {
  program: readonly string[];
  limits: UnpackOptions["limits"];
  /** Of the file system of the slots, never used. */
  reserveBytes: number;
  signal?: AbortSignal;
  onProgress?: UnpackOptions["onProgress"];
}

export interface Arrival {
  kind: "directory" | "raw";
  /** The tree or the file. */
  path: string;
  entries: number;
  bytes: number;
  made: string[];
}

const prefix = ".arriving-";

/** Gives the image to `use`, which may rename it away, and removes what is left of it. */
export async function withArrival<Result>(
  file: ArrivedFile,
  { directory, unpacking }: { directory: string; unpacking: Unpacking },
  use: (arrival: Arrival) => Promise<Result>,
): Promise<Result> {
  const isPacked = isArchive(file);
  await makeDirectory(directory);
  refuseWithoutRoom(file, isPacked ? "archive" : "raw", { directory, reserveBytes: unpacking.reserveBytes });
  const place = join(directory, `${prefix}${crypto.randomUUID()}`);
  await mkdir(place, { mode: 0o700 });
  try {
    return await use(isPacked ? await unpacked(file, place, unpacking) : await copied(file, place));
  } finally {
    await realDisk.removeTree(place);
  }
}

/** What a daemon that died has left. */
export async function sweepArrivals(directory: string): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  for (const name of names.filter((one) => one.startsWith(prefix))) await realDisk.removeTree(join(directory, name));
}

export interface Looking {
  prefixes: Prefixes;
  profile: string;
  portabled: Portabled;
  host: Omit<HostFacts, "profiles">;
}

/** Our own checks, and what portabled says of the image; it has to find the same units. */
export async function lookInto(arrival: Arrival, { prefixes, profile, portabled, host }: Looking): Promise<Inspected> {
  const facts: HostFacts = { ...host, profiles: await portabled.profiles() };
  const options = { prefixes, profile, host: facts };
  if (arrival.kind === "raw") {
    const metadata = await portabled.metadata(arrival.path, prefixes).catch(unreadable(arrival.path));
    return await inspectRaw(metadata, options);
  }
  const inspected = await inspectDirectory(directoryTree(arrival.path), options);
  return inspected.isFit ? await compared(inspected, arrival.path, portabled) : inspected;
}

/** In words of whoever gave the image: its place here is gone when they are read. */
function unreadable(path: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof PortableError)) throw error;
    // The file is there: what is not is the device that it is opened by.
    if (error.kind === "no-image") {
      const message =
        "Cannot read the image: this host has no loop devices, which raw images need; load the module (modprobe loop), or give a directory archive";
      throw new PortableError("no-service", message, { cause: error });
    }
    if (error.kind !== "image") throw error;
    const names = [`Image '${path}'`, `image '${path}'`, `'${path}'`];
    const words = names.reduce((said, name) => said.replaceAll(name, "the image"), error.message);
    const wanted =
      "give an archive of a directory (.tar, .tar.xz, .tar.zst, .tar.gz), or a file system image with an os-release and a unit that begins with the prefix";
    const message = `${words.replace(/; [^;]*$/, "")}; ${wanted}`;
    throw new PortableError("image", message, { cause: error });
  };
}

/** Whatever the two see differently is what nobody has thought of. */
async function compared(inspected: Inspected, path: string, portabled: Portabled): Promise<Inspected> {
  const [first, ...others] = inspected.prefixes;
  if (first === undefined) throw new Error("Invariant: an image without a prefix is not fit");
  const { units } = await portabled.metadata(path, [first, ...others]);
  const theirs = [...units.keys()].toSorted();
  const ours = inspected.units.map(({ name }) => name);
  if (theirs.join("\n") === ours.join("\n")) return inspected;
  const text = `systemd finds the units ${theirs.join(", ")}, and these checks ${ours.join(", ")}; report this image to the makers of host-service`;
  return { ...inspected, findings: [...inspected.findings, { check: "units", result: "refused", text }], isFit: false };
}

/** What is no archive is taken for a raw image: systemd knows more kinds of them than we do. */
function isArchive({ fd, bytes }: ArrivedFile): boolean {
  try {
    recogniseAt(fd, { offset: 0, bytes });
    return true;
  } catch (error) {
    if (error instanceof ArchiveError && error.kind === "not-an-archive") return false;
    throw error;
  }
}

/** portabled takes a directory of any name, and a file by the end of its name. */
async function unpacked(
  file: ArrivedFile,
  place: string,
  { program, limits, signal, onProgress }: Unpacking,
): Promise<Arrival> {
  const path = join(place, "image");
  await mkdir(path, { mode: 0o755 });
  const { fd, bytes } = file;
  const how = {
    program,
    limits,
    ...(signal === undefined ? {} : { signal }),
    ...(onProgress === undefined ? {} : { onProgress }),
  };
  const report: UnpackReport = await unpack({ ...how, archive: { fd, offset: 0, bytes }, directory: path });
  if (report.entries === 0)
    throw new PortableError("image", "Cannot attach the image: there are no files in it; pack it again");
  const made = await addMountPoints(path, directoryTree(path));
  // What was unpacked is synced already.
  for (const directory of new Set(made.map((name) => dirname(join(path, name))))) await realDisk.sync(directory);
  return { kind: "directory", path, entries: report.entries, bytes: report.bytes, made };
}

async function copied(file: ArrivedFile, place: string): Promise<Arrival> {
  const path = join(place, "image.raw");
  await copyFile(file.path, path, constants.COPYFILE_FICLONE);
  await realDisk.sync(path);
  return { kind: "raw", path, entries: 1, bytes: file.bytes, made: [] };
}

async function makeDirectory(directory: string): Promise<void> {
  try {
    await realDisk.makeDirectory(directory);
    await realDisk.sync(dirname(directory));
  } catch (error) {
    if (!(error instanceof DiskError) || error.kind !== "exists") throw error;
  }
}
