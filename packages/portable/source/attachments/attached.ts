// What is attached, read from the drop-ins that portabled writes: it needs no bus, and unlike portabled's own states it tells versions apart.
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { serviceOf } from "../image/names.ts";

/** All images of one service that units are attached from; more than one is not our doing. */
export interface AttachedService {
  service: string;
  images: AttachedImage[];
}

interface AttachedImage {
  image: string;
  isRuntime: boolean;
  units: string[];
  /** The profile of its services, undefined where none of them has one. */
  profile: string | undefined;
}

const directories = [
  { path: "etc/systemd/system.attached", isRuntime: false },
  { path: "run/systemd/system.attached", isRuntime: true },
];

/** `root` is "/", but for tests. */
export async function readAttached(root: string): Promise<AttachedService[]> {
  const services = new Map<string, Map<string, AttachedImage>>();
  for (const { path, isRuntime } of directories) {
    for (const unit of await unitsIn(join(root, path))) {
      const image = await markerOf(join(root, path, `${unit}.d`, "20-portable.conf"));
      if (image === undefined) continue;
      const service = serviceOf(basename(image));
      const images = services.get(service) ?? new Map<string, AttachedImage>();
      services.set(service, images);
      const key = `${isRuntime} ${image}`;
      const known = images.get(key) ?? { image, isRuntime, units: [], profile: undefined };
      // Only services have a profile, and all of an image have the same.
      const profile = known.profile ?? (await profileOf(join(root, path, `${unit}.d`, "10-profile.conf")));
      images.set(key, { ...known, units: [...known.units, unit], profile });
    }
  }
  return [...services]
    .map(([service, images]) => ({ service, images: [...images.values()] }))
    .toSorted((one, other) => (one.service < other.service ? -1 : 1));
}

const drops = /\.d$/;

/** Also those whose unit file is gone: what is left of an attachment has a drop-in. */
async function unitsIn(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch(nothing);
  return (names ?? [])
    .filter((name) => drops.test(name))
    .map((name) => name.replace(drops, ""))
    .toSorted();
}

/** The image of the first line that portabled writes, without extensions, which are none of ours. */
async function markerOf(path: string): Promise<string | undefined> {
  const text = await readFile(path, "utf8").catch(nothing);
  return text === undefined ? undefined : /^# Drop-in created for image '(.*)', do not edit\.$/m.exec(text)?.[1];
}

async function profileOf(path: string): Promise<string | undefined> {
  const status = await lstat(path).catch(nothing);
  if (status?.isSymbolicLink() !== true) return undefined;
  return /\/portable\/profile\/([^/]+)\//.exec(await readlink(path))?.[1];
}

function nothing(error: unknown): undefined {
  const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
  if (code === "ENOENT" || code === "ENOTDIR") return undefined;
  throw error;
}

const hostDirectories = [
  "etc/systemd/system.control",
  "run/systemd/system.control",
  "run/systemd/transient",
  "run/systemd/generator.early",
  "etc/systemd/system",
  "run/systemd/system",
  "run/systemd/generator",
  "usr/local/lib/systemd/system",
  "usr/lib/systemd/system",
  "lib/systemd/system",
  "run/systemd/generator.late",
];

/** Where the host has a unit of this name that was not attached from an image of `service`. */
export async function unitOnHost(root: string, unit: string, service: string): Promise<string | undefined> {
  for (const directory of hostDirectories) {
    if ((await lstat(join(root, directory, unit)).catch(nothing)) !== undefined) return `/${directory}/${unit}`;
  }
  for (const { path } of directories) {
    if ((await lstat(join(root, path, unit)).catch(nothing)) === undefined) continue;
    const image = await markerOf(join(root, path, `${unit}.d`, "20-portable.conf"));
    if (image === undefined || serviceOf(basename(image)) !== service) return `/${path}/${unit}`;
  }
  return undefined;
}
