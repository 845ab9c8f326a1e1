import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { MetadataFiles } from "@host-service/fixtures";
import { ArchiveError } from "../../../source/error.ts";
import type { MetaContext, Metadata } from "../../../source/meta/metadata.ts";
import { readMetadata } from "../../../source/meta/read-metadata.ts";

export const now = new Date("2026-01-02T03:04:05Z");

/** Reads these files as if they had been unpacked for the container "edge". */
export function readFiles(files: MetadataFiles, context: Partial<MetaContext> = {}): Metadata {
  const directory = mkdtempSync(join(tmpdir(), "host-service-meta-"));
  try {
    for (const [name, contents] of Object.entries(files)) {
      if (contents === undefined) continue;
      mkdirSync(dirname(join(directory, name)), { recursive: true });
      if (name.endsWith("/")) mkdirSync(join(directory, name));
      else writeFileSync(join(directory, name), contents);
    }
    return readMetadata(directory, {
      name: "edge",
      unprivileged: true,
      architecture: "x86_64",
      metaDirectory: "/state/containers/edge/slots/b/meta",
      rootfs: "/state/containers/edge/slots/b/rootfs",
      now,
      hostMounts: [],
      ...context,
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** What they are refused with. */
export function refusalOfFiles(files: MetadataFiles, context: Partial<MetaContext> = {}): string {
  try {
    readFiles(files, context);
  } catch (error) {
    if (error instanceof ArchiveError && error.kind === "config") return error.message;
    throw error;
  }
  throw new Error("Cannot see a refusal: the metadata was taken");
}
