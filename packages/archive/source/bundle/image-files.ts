// From the files that a person names to the parts of a bundle: each is looked into, so that what a host would refuse is refused here.
import { closeSync, fstatSync, readFileSync } from "node:fs";
import { parseInstanceConfig } from "../config/instance-config.ts";
import type { InstanceConfig } from "../config/instance-config.ts";
import { measure } from "../decode/measure.ts";
import { recogniseAt } from "../decode/recognise.ts";
import type { ArchiveFormat } from "../decode/recognise.ts";
import { ArchiveError } from "../error.ts";
import { openRegular } from "./pack-bundle.ts";
import { partBytesMax, partName, partOrder } from "./part-names.ts";
import type { PartRole } from "./part-names.ts";

/** Paths. */
export interface ImageFiles {
  config: string;
  rootfs: string;
  meta?: string;
  manifest?: string;
  signature?: string;
}

export interface ImageParts {
  config: InstanceConfig;
  parts: { name: string; path: string }[];
}

/** The parts in a bundle's order, under a bundle's names. Throws ArchiveError. */
export function describeImageFiles(files: ImageFiles): ImageParts {
  if ((files.manifest === undefined) !== (files.signature === undefined)) {
    throw new ArchiveError(
      "bundle",
      "Cannot build the bundle: a manifest and its signature come together or not at all",
    );
  }
  const paths: Record<PartRole, string | undefined> = {
    manifest: files.manifest,
    signature: files.signature,
    config: files.config,
    meta: files.meta,
    rootfs: files.rootfs,
  };
  const parts = partOrder.flatMap((role) => {
    const path = paths[role];
    return path === undefined ? [] : [{ name: partName(role, examine(role, path)), path }];
  });
  return { config: parseInstanceConfig(readFileSync(files.config, "utf8")), parts };
}

function examine(role: PartRole, path: string): ArchiveFormat | undefined {
  const fd = openRegular(path);
  try {
    const bytes = fstatSync(fd).size;
    const shown = JSON.stringify(path);
    if (bytes === 0) throw new ArchiveError("bundle", `Cannot read ${shown}: it is empty`);
    if (bytes > partBytesMax[role]) {
      throw new ArchiveError(
        "bundle",
        `Cannot read ${shown}: it has ${bytes} bytes; at most ${partBytesMax[role]} are taken`,
      );
    }
    if (role !== "rootfs" && role !== "meta") return undefined;
    const format = recogniseAt(fd, { offset: 0, bytes });
    // Shows a file that was cut off.
    measure(fd, { offset: 0, bytes }, format);
    return format;
  } catch (error) {
    throw error instanceof ArchiveError ? error.told({ as: JSON.stringify(path) }) : error;
  } finally {
    closeSync(fd);
  }
}
