// `image sign` of what a host is upgraded with: into a Mender artifact, or beside a raw image, and of any other file beside it.
import { open, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { signArtifact } from "@host-service/artifact";
import { exitCodes } from "@host-service/protocol";
import { signMessage } from "@host-service/signature";
import type { Invocation } from "../arguments/command.ts";
import { UsageError } from "../arguments/usage-error.ts";
import { printAnswer } from "../output/answer.ts";
import { CommandError, refuseExisting } from "../output/failure.ts";
import { openSecretKey, openSigningKey } from "./secret-key.ts";
import type { UpgradeFile } from "./upgrade-file.ts";

const path = ["image", "sign"];
const chunkBytes = 1024 * 1024;
/** What is said of a container's image, or by minisign. */
const notOfArtifacts = ["manifest", "signature", "trusted-comment", "untrusted-comment"] as const;

export async function signUpgrade(invocation: Invocation, file: UpgradeFile): Promise<number> {
  const keyFile = keyFileOf(invocation, "an upgrade of a host");
  return file.kind === "raw"
    ? await signRaw(invocation, file.path, keyFile)
    : await signInPlace(invocation, file, keyFile);
}

/** The file's bytes as they are, whatever they are: an image of a portable service is signed so. */
export async function signDetached(invocation: Invocation, file: string): Promise<number> {
  return await signRaw(invocation, file, keyFileOf(invocation, "a file"));
}

function keyFileOf({ values, switches }: Invocation, what: string): string {
  const keyFile = values.get("secret-key");
  if (keyFile === undefined || switches.has("manifest-only")) {
    throw new UsageError(`Cannot sign: ${what} needs the secret key, with --secret-key`, path);
  }
  return keyFile;
}

async function signInPlace(invocation: Invocation, file: UpgradeFile, keyFile: string): Promise<number> {
  const { values, program } = invocation;
  const unfit = notOfArtifacts.find((name) => values.has(name));
  if (unfit !== undefined) throw new UsageError(`Cannot sign: a Mender artifact has no --${unfit}; leave it out`, path);
  const out = values.get("out");
  if (out !== undefined) await refuseExisting(out);
  const key = await openSigningKey(keyFile, values.get("password-file"));
  const report = await signArtifact(file.path, { key, out: out ?? file.path, program });
  const { name, keyFingerprint, manifestSha256 } = report;
  printAnswer(invocation, { written: [out ?? file.path], name, keyFingerprint, manifestSha256 }, ["OK"]);
  return exitCodes.done;
}

async function signRaw(invocation: Invocation, file: string, keyFile: string): Promise<number> {
  const { values, positionals } = invocation;
  for (const name of ["manifest", "out"]) {
    if (values.has(name))
      throw new UsageError(`Cannot sign: what is signed beside it has no --${name}; leave it out`, path);
  }
  const [given = file] = positionals;
  const out = values.get("signature") ?? `${given}.minisig`;
  await refuseExisting(out);
  const key = await openSecretKey(keyFile, values.get("password-file"));
  const name = basename(given);
  const comments = {
    trusted: values.get("trusted-comment") ?? `${name}, signed ${new Date().toISOString()}`,
    untrusted: values.get("untrusted-comment") ?? `signature of ${name} by hostctl`,
  };
  const signature = signMessage({ blake2b512: await blake2b512Of(file) }, key, comments);
  try {
    await writeFile(out, signature, { flag: "wx" });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CommandError(`Cannot write "${out}": ${why}`, { cause: error });
  }
  printAnswer(invocation, { written: [out] }, ["OK"]);
  return exitCodes.done;
}

async function blake2b512Of(path: string): Promise<Uint8Array> {
  const hash = new Bun.CryptoHasher("blake2b512");
  const file = await open(path, "r");
  try {
    const chunk = new Uint8Array(chunkBytes);
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, chunkBytes, null);
      if (bytesRead === 0) return hash.digest();
      hash.update(chunk.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}
