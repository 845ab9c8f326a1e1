// `image verify`: what the daemon would say of an image, with the same code and without one.
import { readImage } from "@host-service/archive";
import type { ReadImage } from "@host-service/archive";
import { exitCodes } from "@host-service/protocol";
import { checkIdentity, checkParts, readStatement } from "@host-service/signature";
import type { PublicKey, Statement } from "@host-service/signature";
import type { Invocation } from "../arguments/command.ts";
import { UsageError } from "../arguments/usage-error.ts";
import { printAnswer } from "../output/answer.ts";
import { signedLines } from "../output/image.ts";
import { imageSource, partsByRole, statementFiles } from "./image-source.ts";
import { minisignKey } from "./minisign-key.ts";
import { upgradeFile } from "./upgrade-file.ts";

const path = ["image", "verify"];

export async function verify(invocation: Invocation): Promise<number> {
  const [first = "", second] = invocation.positionals;
  const upgrade = second === undefined ? await upgradeFile(first, "read") : undefined;
  if (upgrade !== undefined) return await (await import("./upgrade-verify.ts")).verifyUpgrade(invocation, upgrade);
  for (const name of ["device-type", "sha256"]) {
    if (invocation.values.has(name)) {
      throw new UsageError(`Cannot verify: --${name} is for upgrades of a host; leave it out`, path);
    }
  }
  const given = invocation.lists.get("key") ?? [];
  if (given.length === 0) throw new UsageError("Cannot verify: give the public key, with --key", path);
  const keys = await Promise.all(given.map(minisignKey));
  const source = await imageSource(invocation.positionals);
  const beside = await statementFiles(invocation, path);
  if (typeof source === "string" && beside.manifest !== undefined) {
    throw new UsageError("Cannot verify: a bundle has its manifest in it; leave --manifest out", path);
  }
  const image = readImage(typeof source === "string" ? source : { ...source, ...beside });
  const { manifest, signer } = checkImage(image, keys);
  const document = { name: manifest?.name, version: manifest?.version, ...signer };
  printAnswer(invocation, document, ["OK", ...signedLines(manifest, signer)]);
  return exitCodes.done;
}

/** Throws SignatureError unless one of the keys has signed the image as it is. */
function checkImage({ manifest, signature, parts, config }: ReadImage, keys: readonly PublicKey[]): Statement {
  const keyring = { keys, expiry: new Map<string, Date>(), revoked: new Set<string>() };
  const policy = { keyring, signatureRequiredBy: "hostctl image verify" };
  const statement = readStatement({ manifest, signature }, policy, new Date());
  if (statement.manifest === undefined) throw new Error("unreachable: a signature is required");
  checkParts(statement.manifest, partsByRole(parts));
  checkIdentity(statement.manifest, config);
  return statement;
}
