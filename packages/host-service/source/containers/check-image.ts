// What can be said about an image before its first byte is unpacked: that it fits.
import { ArchiveError, measure, metaLimits, recogniseAt } from "@host-service/archive";
import type { ArchiveErrorKind, Measurement } from "@host-service/archive";
import { freeSpace } from "@host-service/disk";
import type { Limits } from "../configuration/configuration.ts";
import type { ArchivePart, ImageParts } from "./receive.ts";

/** Refuses what is larger than the limits, or than the free space of the file system of `directory`. */
export async function checkFits(
  {
    parts,
    bytesReclaimed,
    bytesBeside = 0,
  }: { parts: Pick<ImageParts, "rootfs" | "meta">; bytesReclaimed: number; bytesBeside?: number },
  { directory, limits }: { directory: string; limits: Limits },
): Promise<void> {
  if (parts.meta !== undefined) await measured("the metadata", parts.meta, metaLimits.unpackedBytesMax);
  const bytes = await measured("the rootfs", parts.rootfs, limits.unpackedBytesMax);
  const bytesFree = freeSpace(directory).bytes + bytesReclaimed;
  if (bytes + bytesBeside + limits.reserveBytes <= bytesFree) return;
  const beside = bytesBeside === 0 ? "" : ` ${bytesBeside} are for its archives (guest_api.keep_images),`;
  throw new ArchiveError(
    "no-space",
    `Cannot unpack the rootfs: it unpacks to ${bytes} bytes,${beside} ${limits.reserveBytes} stay in reserve, and ` +
      `${bytesFree} are free in "${directory}"; free some space`,
  );
}

/** What an archive says that it unpacks to; 0 where it does not say. The unpacking itself counts again. */
async function measured(what: ArchiveName, archive: ArchivePart, bytesMax: number): Promise<number> {
  const { unpackedBytes } = measuredAs(what, archive);
  if (unpackedBytes === undefined || unpackedBytes <= bytesMax) return unpackedBytes ?? 0;
  throw tellAbout(
    what,
    new ArchiveError(
      "too-large",
      `Cannot unpack ${what}: it unpacks to ${unpackedBytes} bytes, and at most ${bytesMax} are allowed`,
    ),
  );
}

function measuredAs(what: ArchiveName, archive: ArchivePart): Measurement {
  try {
    return measure(archive.fd, archive, recogniseAt(archive.fd, archive));
  } catch (error) {
    throw tellAbout(what, error);
  }
}

export type ArchiveName = "the metadata" | "the rootfs";

/** Limits of the rootfs are the configuration's, those of the metadata are fixed. */
const limitKeys: Partial<Record<ArchiveErrorKind, string>> = {
  "too-many-entries": "limits.entries_max",
  "too-large": "limits.unpacked_bytes_max",
};

/** The error of an archive, told to somebody who gave several: which one it is, and which limit would let it in. */
export function tellAbout(what: ArchiveName, error: unknown): unknown {
  if (!(error instanceof ArchiveError)) return error;
  const key = what === "the rootfs" ? limitKeys[error.kind] : undefined;
  const next = key === undefined ? {} : { next: `raise ${key} in the daemon's configuration if it is wanted` };
  return error.told({ as: what, ...next });
}
