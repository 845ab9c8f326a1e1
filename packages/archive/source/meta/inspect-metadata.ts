// What a metadata archive says, for a person at a desk: unpacked beside, read, and gone again. Nothing is applied.
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unpack } from "../unpack/unpack.ts";
import { metaLimits } from "./limits.ts";
import type { MetaContext, Metadata } from "./metadata.ts";
import { readMetadata } from "./read-metadata.ts";

export interface InspectMetadataOptions {
  /** The argv that starts this program. */
  readonly program: readonly string[];
  readonly context: Pick<MetaContext, "name" | "unprivileged" | "hostMounts">;
}

/** For whatever architecture it is. Throws ArchiveError. */
export async function inspectMetadata(
  archive: Uint8Array,
  { program, context }: InspectMetadataOptions,
): Promise<Metadata> {
  const workshop = mkdtempSync(join(tmpdir(), "host-service-metadata-"));
  try {
    const [path, directory] = [join(workshop, "meta.tar"), join(workshop, "meta")];
    writeFileSync(path, archive);
    mkdirSync(directory, { mode: 0o700 });
    const fd = openSync(path, "r");
    try {
      const whole = { fd, offset: 0, bytes: archive.byteLength };
      await unpack({ program, archive: whole, directory, limits: metaLimits, plainOnly: true });
    } finally {
      closeSync(fd);
    }
    const nowhere = { metaDirectory: "/meta", rootfs: "/rootfs" };
    return readMetadata(directory, { ...context, ...nowhere, architecture: undefined, now: new Date() });
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
}
