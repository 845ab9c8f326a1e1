// The keys that `[verify.…]` names, read when the daemon starts and when the configuration is checked; the boot hook needs none.
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parsePublicKey } from "@host-service/signature";
import type { Policy, PublicKey } from "@host-service/signature";
import { ConfigurationError } from "./error.ts";

/** One `[verify.…]` section. */
export interface Verification {
  /** "verify.container". */
  section: string;
  /** Globs, relative to the directory of the configuration file. */
  keys: readonly string[];
  requireSignature: boolean;
  /** Key ids. */
  revoked: ReadonlySet<string>;
  /** By key id: the first instant at which the key counts no more. */
  expiry: ReadonlyMap<string, Date>;
}

const keysMax = 64;

const readFailures: Record<string, string> = {
  ENOENT: "there is no such key file",
  EISDIR: 'it is a directory; name the files in it, as in "keys/*.pub"',
  EACCES: "this user may not read it; run as root",
};

interface ConfigurationPlace {
  path: string;
  directory: string;
}

/** Throws ConfigurationError, or SignatureError with the file and its line. */
export async function loadPolicy(verification: Verification, file: ConfigurationPlace): Promise<Policy> {
  const files = await readKeyFiles(verification, file);
  const keys = files.map(({ contents, subject }) => parsePublicKey(contents, subject));
  checkExpiry(verification, { file, keyIds: keys.map(({ keyId }) => keyId) });
  return policyOf(verification, keys);
}

export function policyOf({ section, requireSignature, revoked, expiry }: Verification, keys: PublicKey[]): Policy {
  return {
    keyring: { keys, expiry, revoked },
    signatureRequiredBy: requireSignature ? `"${section}.require_signature" of this host` : undefined,
  };
}

/** A day for a key that is not there is a mistake that would show too late. */
export function checkExpiry(
  { section, expiry }: Verification,
  { file, keyIds }: { file: ConfigurationPlace; keyIds: readonly string[] },
): void {
  const stray = [...expiry.keys()].find((keyId) => !keyIds.includes(keyId));
  if (stray === undefined) return;
  throw new ConfigurationError(
    file.path,
    `"${section}.not_after" names the key ${stray}, which is none of "${section}.keys"`,
  );
}

export interface KeyFile {
  contents: Uint8Array;
  /** Its path, as messages quote it. */
  subject: string;
}

export async function readKeyFiles({ section, keys }: Verification, file: ConfigurationPlace): Promise<KeyFile[]> {
  const paths = new Set<string>();
  for (const pattern of keys) {
    const found = await filesOf(pattern, file.directory);
    // A host that lost its keys would refuse every image; that is told at the start, not at the next update.
    if (found.length === 0) {
      throw new ConfigurationError(file.path, `"${section}.keys": "${pattern}" is no file in "${file.directory}"`);
    }
    for (const path of found) paths.add(path);
  }
  if (paths.size > keysMax) {
    throw new ConfigurationError(
      file.path,
      `"${section}.keys" are ${paths.size} files, and at most ${keysMax} are read`,
    );
  }
  return await Promise.all(
    [...paths].map(async (path) => ({ contents: await readKey(path), subject: JSON.stringify(path) })),
  );
}

/** Bun.Glob finds no absolute path without a wildcard in it; that one is read and needs no search. */
async function filesOf(pattern: string, directory: string): Promise<string[]> {
  if (!/[*?[{]/.test(pattern)) return [resolve(directory, pattern)];
  const options = { cwd: directory, absolute: true, onlyFiles: true, followSymlinks: true };
  return (await Array.fromAsync(new Bun.Glob(pattern).scan(options))).toSorted();
}

async function readKey(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    throw new ConfigurationError(path, readFailures[code] ?? `reading it failed with ${code}`, { cause: error });
  }
}
