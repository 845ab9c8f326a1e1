// What the metadata archive of an image says: the one of a bundle, or a file that is one.
import { readFileSync } from "node:fs";
import { ArchiveError, inspectMetadata, metaBytesMax, readBundlePart } from "@host-service/archive";
import type { ImageSummary, Metadata } from "@host-service/archive";

export async function metadataOf(
  summary: ImageSummary,
  path: string,
  program: readonly string[],
): Promise<Metadata | undefined> {
  switch (summary.kind) {
    case "config":
      return undefined;
    case "archive": {
      if (summary.bytes > metaBytesMax) return undefined;
      const context = { name: "NAME", unprivileged: true, hostMounts: [] };
      try {
        return await inspectMetadata(readFileSync(path), { program, context });
      } catch (error) {
        // Most archives are none, and that is seen by what is in them.
        if (error instanceof ArchiveError && !["failed", "no-space", "cancelled"].includes(error.kind))
          return undefined;
        throw error;
      }
    }
    case "bundle": {
      const archive = readBundlePart(path, "meta");
      if (archive === undefined) return undefined;
      const { name = "NAME", config, devices, runtime } = summary.config;
      const hostMounts = Object.values(devices).flatMap((device) =>
        device.type === "disk" ? [{ source: device.source, target: device.path }] : [],
      );
      // As an install decides it, where config.yaml says what runs the container.
      const unprivileged = runtime !== "none" && config["security.privileged"] !== "true";
      const context = { name, unprivileged, hostMounts };
      return await inspectMetadata(archive, { program, context });
    }
  }
}
