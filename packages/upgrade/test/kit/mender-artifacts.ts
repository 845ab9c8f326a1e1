// Artifacts made by the real mender-artifact.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./run.ts";

export function skipWithoutMenderArtifact(): boolean {
  const isMissing = Bun.which("mender-artifact") === null || Bun.which("openssl") === null;
  if (isMissing) console.log("skipped: tests of Mender artifacts take mender-artifact and openssl");
  return isMissing;
}

export interface SigningKey {
  readonly path: string;
  readonly pem: string;
}

export function makeKey(directory: string, name = "key"): SigningKey {
  const path = join(directory, `${name}.pem`);
  run(["openssl", "ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", path]);
  run(["openssl", "ec", "-in", path, "-pubout", "-out", `${path}.pub`]);
  return { path, pem: readFileSync(`${path}.pub`, "utf8") };
}

export interface ArtifactOptions {
  readonly directory: string;
  /** The raw image in it. */
  readonly image: string;
  readonly name?: string;
  readonly deviceType?: string;
  readonly compression?: "none" | "gzip" | "lzma";
  readonly key?: SigningKey;
}

export function makeArtifact(options: ArtifactOptions): string {
  const { directory, image, name = "release-2", deviceType = "edge-x1", compression = "none", key } = options;
  const path = join(directory, `${name}-${deviceType}-${compression}${key === undefined ? "" : "-signed"}.mender`);
  const signing = key === undefined ? [] : ["-k", key.path];
  const names = ["-n", name, "-t", deviceType, "-f", image, "--compression", compression];
  run(["mender-artifact", "write", "rootfs-image", ...names, ...signing, "-o", path]);
  return path;
}

export function makeSet(directory: string, artifacts: readonly string[]): string {
  const path = join(directory, "release.multi-mender");
  const names = artifacts.map((artifact) => artifact.slice(artifact.lastIndexOf("/") + 1));
  run(["tar", "--format=ustar", "-C", directory, "-cf", path, ...names]);
  return path;
}
