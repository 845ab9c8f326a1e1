// The built-in installer: two partitions, of which the one that does not run is written while the image is verified.
import { openTarget } from "../device/target.ts";
import type { RootOptions, SlotPaths } from "../device/running-root.ts";
import type { Installer } from "../installer.ts";
import type { WriteRequest } from "./messages.ts";
import { writeImage } from "./write-image.ts";

export interface PartitionsOptions extends RootOptions {
  /** The argv of this program, for its jobs. */
  readonly program: readonly string[];
  readonly slots: SlotPaths;
  /** How long nothing may be read or written. */
  readonly stallTimeoutMs: number;
}

/** What an image has to be, to be taken. */
export type PartitionsRequest = Omit<WriteRequest, "source" | "device" | "again">;

export function partitionsInstaller(options: PartitionsOptions): Installer<PartitionsRequest> {
  const { program, slots, stallTimeoutMs } = options;
  return {
    takes: "stream",
    armsItself: false,
    async check(slot) {
      const target = await openTarget(slots, slot, options);
      await target.close();
    },
    async install(source, request, installOptions) {
      const target = await openTarget(slots, installOptions.slot, options);
      try {
        const writing = { program, target, source, request, stallTimeoutMs, options: installOptions };
        const { sha256, ...image } = await writeImage(writing);
        return { imageId: `sha256:${sha256}`, ...image };
      } finally {
        await target.close();
      }
    },
  };
}
