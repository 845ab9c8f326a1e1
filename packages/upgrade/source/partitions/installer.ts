// The built-in installer: two partitions, of which the one that does not run is written while the image is verified.
import { openTarget } from "../device/target.ts";
import type { RootOptions, SlotPaths } from "../device/running-root.ts";
import type { InstalledImage, Installer } from "../installer.ts";
import type { WriteRequest, WrittenImage } from "./messages.ts";
import { writeImage } from "./write-image.ts";

export interface PartitionsOptions extends RootOptions {
  /** The argv of this program, for its jobs. */
  readonly program: readonly string[];
  readonly slots: SlotPaths;
  /** How long nothing may be read or written. */
  readonly stallTimeoutMs: number;
}

/** What an upgrade has to be, to be taken. */
export interface PartitionsRequest extends PartitionsTerms {
  /** Says whether a raw image counts once all of it was read, and who has signed it. What it throws refuses the image. */
  readonly verifyRaw?: (digests: { sha256: string; blake2b512: string }) => InstalledImage["signer"];
}

type PartitionsTerms = WriteRequest["terms"];

export function partitionsInstaller(options: PartitionsOptions): Installer<PartitionsRequest> {
  const { program, slots, stallTimeoutMs } = options;
  return {
    takes: "stream",
    armsItself: false,
    async check(slot) {
      const target = await openTarget(slots, slot, options);
      await target.close();
    },
    async install(source, { verifyRaw, ...terms }, installOptions) {
      const target = await openTarget(slots, installOptions.slot, options);
      try {
        const blake2b512 = verifyRaw !== undefined;
        const writing = { program, target, source, terms, blake2b512, stallTimeoutMs, options: installOptions };
        return installedImage(await writeImage(writing), verifyRaw);
      } finally {
        await target.close();
      }
    },
  };
}

function installedImage(
  { sha256, blake2b512, ...image }: WrittenImage,
  verifyRaw: PartitionsRequest["verifyRaw"],
): InstalledImage {
  const signer = blake2b512 === undefined ? undefined : verifyRaw?.({ sha256, blake2b512 });
  // That it was not verified is the one thing that can be said against a raw image.
  const verdict = signer === undefined ? {} : { signer, warnings: signer.verified ? [] : image.warnings };
  return { imageId: `sha256:${sha256}`, ...image, ...verdict };
}
