// An image for who wants to sign or verify it: its parts with their digests, wherever they lie, and its manifest and signature.
import { closeSync, fstatSync } from "node:fs";
import { parseInstanceConfig } from "../config/instance-config.ts";
import type { InstanceConfig } from "../config/instance-config.ts";
import { readAt } from "../decode/read-at.ts";
import type { Extent } from "../decode/read-at.ts";
import { ArchiveError } from "../error.ts";
import { describeImageFiles } from "./image-files.ts";
import type { ImageFiles } from "./image-files.ts";
import { openRegular } from "./pack-bundle.ts";
import { roleOf } from "./part-names.ts";
import type { PartRole } from "./part-names.ts";
import { readBundle } from "./read-bundle.ts";
import { summarise } from "./summarise.ts";

/** A part where it lies; `writeBundle` takes it. */
export interface ImagePart {
  role: PartRole;
  name: string;
  path: string;
  extent: Extent;
  bytes: number;
  /** Hexadecimal. */
  sha256: string;
}

export interface ReadImage {
  config: InstanceConfig;
  /** Without the manifest and the signature. */
  parts: ImagePart[];
  manifest: Uint8Array | undefined;
  signature: Uint8Array | undefined;
}

/** Reads all of a bundle, or of the files, once. Throws ArchiveError. */
export function readImage(image: string | ImageFiles): ReadImage {
  const places = typeof image === "string" ? placesInBundle(image) : placesOfFiles(image);
  const find = (role: PartRole) => places.find((place) => place.role === role);
  const text = (role: PartRole) => mapIfThere(find(role), contentsOf);
  const config = text("config");
  if (config === undefined) throw new Error("unreachable: an image has a config.yaml");
  return {
    config: parseInstanceConfig(textOf(config)),
    parts: places
      .filter(({ role }) => role !== "manifest" && role !== "signature")
      .map((place) => ({ ...place, ...reading(place, summarise) })),
    manifest: text("manifest"),
    signature: text("signature"),
  };
}

/** A part of a bundle, such as its signature; undefined where there is none. Throws ArchiveError. */
export function readBundlePart(path: string, role: Exclude<PartRole, "rootfs">): Uint8Array | undefined {
  return mapIfThere(
    placesInBundle(path).find((place) => place.role === role),
    contentsOf,
  );
}

type Place = Omit<ImagePart, "bytes" | "sha256">;

function placesInBundle(path: string): Place[] {
  const { parts } = reading({ path, extent: { offset: 0, bytes: 0 } }, (fd) => readBundle(fd, fstatSync(fd).size));
  return parts.map(({ role, name, offset, bytes }) => ({ role, name, path, extent: { offset, bytes } }));
}

function placesOfFiles(files: ImageFiles): Place[] {
  return describeImageFiles(files).parts.map(({ name, path }) => {
    const role = roleOf(name);
    if (role === undefined) throw new Error("unreachable: the name was made from a role");
    const bytes = reading({ path, extent: { offset: 0, bytes: 0 } }, (fd) => fstatSync(fd).size);
    return { role, name, path, extent: { offset: 0, bytes } };
  });
}

function contentsOf(place: Place): Uint8Array {
  return reading(place, readAt);
}

function reading<Result>(
  { path, extent }: Pick<Place, "path" | "extent">,
  read: (fd: number, extent: Extent) => Result,
): Result {
  const fd = openRegular(path);
  try {
    return read(fd, extent);
  } finally {
    closeSync(fd);
  }
}

function mapIfThere<Value, Result>(value: Value | undefined, map: (value: Value) => Result): Result | undefined {
  return value === undefined ? undefined : map(value);
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new ArchiveError("config", "Cannot read config.yaml: it is not text in UTF-8", { cause: error });
  }
}
