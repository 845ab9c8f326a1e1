import { randomBytes } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { ArchiveError } from "../error.ts";
import { describeImageFiles } from "./image-files.ts";
import type { ImageFiles } from "./image-files.ts";
import { packBundle } from "./pack-bundle.ts";
import type { PackedPart } from "./pack-bundle.ts";

export interface BuiltBundle {
  path: string;
  bytes: number;
  /** Hexadecimal. */
  sha256: string;
  parts: string[];
}

/** A bundle of files, each of which is looked into first. Throws ArchiveError. */
export async function buildBundle(outFile: string, files: ImageFiles): Promise<BuiltBundle> {
  return await writeBundle(outFile, describeImageFiles(files).parts);
}

/** Writes a bundle beside `outFile` and renames it there when it is complete. Throws ArchiveError. */
export async function writeBundle(outFile: string, parts: readonly PackedPart[]): Promise<BuiltBundle> {
  const { bytes, stream } = packBundle(parts);
  const partial = `${outFile}.${randomBytes(6).toString("hex")}.partial`;
  const hash = new Bun.CryptoHasher("sha256");
  try {
    const file = await open(partial, "wx", 0o644);
    try {
      for await (const chunk of stream) {
        hash.update(chunk);
        await file.writeFile(chunk);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, outFile);
  } catch (error) {
    await stream.cancel().catch(() => undefined);
    await rm(partial, { force: true });
    throw error instanceof ArchiveError ? error : explain(outFile, error);
  }
  return { path: outFile, bytes, sha256: hash.digest("hex"), parts: parts.map((part) => part.name) };
}

const reasons: Record<string, string> = {
  ENOENT: "its directory is not there; make it first",
  ENOTDIR: "its directory is not one; give another path",
  EACCES: "permission denied; give a path that this user may write to",
  EROFS: "the file system is read-only; give another path",
  EISDIR: "it is a directory; give the name of a file",
  ENOSPC: "no space is left on the file system; free some, or give a path on another one",
};

function explain(outFile: string, error: unknown): ArchiveError {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const why = reasons[String(code)] ?? (error instanceof Error ? error.message : String(error));
  return new ArchiveError(
    code === "ENOSPC" ? "no-space" : "failed",
    `Cannot write ${JSON.stringify(outFile)}: ${why}`,
    { cause: error },
  );
}
