// `image sign`: read the image, make its manifest, sign that, and put both where they belong.
import { rm, writeFile } from "node:fs/promises";
import { readImage, writeBundle } from "@host-service/archive";
import type { ReadImage } from "@host-service/archive";
import { checkLocalFile } from "@host-service/client";
import { exitCodes } from "@host-service/protocol";
import { signMessage, writeManifest } from "@host-service/signature";
import type { ImageManifest } from "@host-service/signature";
import type { Invocation } from "../arguments/command.ts";
import { UsageError } from "../arguments/usage-error.ts";
import { printAnswer } from "../output/answer.ts";
import { CommandError, refuseExisting } from "../output/failure.ts";
import { imageSource } from "./image-source.ts";
import { openSecretKey } from "./secret-key.ts";
import { upgradeFile } from "./upgrade-file.ts";

const path = ["image", "sign"];

/** Where the manifest and the signature go. */
type Target = { kind: "bundle"; path: string } | { kind: "files"; manifest: string; signature: string | undefined };

export async function sign(invocation: Invocation): Promise<number> {
  const [first = "", second] = invocation.positionals;
  if (invocation.switches.has("detached")) {
    if (second !== undefined) throw new UsageError("Cannot sign: --detached is for one file", path);
    await checkLocalFile(first, { action: "sign", what: "a file" });
    return await (await import("./upgrade-sign.ts")).signDetached(invocation, first);
  }
  const upgrade = second === undefined ? await upgradeFile(first, "read") : undefined;
  if (upgrade !== undefined) return await (await import("./upgrade-sign.ts")).signUpgrade(invocation, upgrade);
  const keyFile = invocation.values.get("secret-key");
  const isManifestOnly = invocation.switches.has("manifest-only");
  if (keyFile === undefined && !isManifestOnly) {
    throw new UsageError("Cannot sign: give the secret key with --secret-key, or ask for --manifest-only", path);
  }
  const source = await imageSource(invocation.positionals);
  const target = await targetOf(invocation, {
    bundle: typeof source === "string" ? source : undefined,
    isManifestOnly,
  });
  const image = readImage(source);
  const members = membersOf(image);
  const manifest = writeManifest(members);
  if (keyFile === undefined || isManifestOnly) return await finish(invocation, target, { image, manifest });
  const key = await openSecretKey(keyFile, invocation.values.get("password-file"));
  const comments = {
    trusted: invocation.values.get("trusted-comment") ?? commentOf(members),
    untrusted: invocation.values.get("untrusted-comment") ?? `signature of ${members.name} by hostctl`,
  };
  const signature = signMessage(new TextEncoder().encode(manifest), key, comments);
  return await finish(invocation, target, { image, manifest, signature });
}

async function targetOf(
  { values }: Invocation,
  { bundle, isManifestOnly }: { bundle: string | undefined; isManifestOnly: boolean },
): Promise<Target> {
  const out = values.get("out");
  if (bundle !== undefined && !isManifestOnly) {
    if (values.has("manifest") || values.has("signature")) {
      throw new UsageError(
        "Cannot sign: a bundle gets its manifest and its signature into it; leave out their names",
        path,
      );
    }
    if (out !== undefined) await refuseExisting(out);
    return { kind: "bundle", path: out ?? bundle };
  }
  if (out !== undefined) {
    throw new UsageError(
      "Cannot sign: --out is for a signed bundle; name the files with --manifest and --signature",
      path,
    );
  }
  const manifest = values.get("manifest") ?? "manifest";
  const signature = isManifestOnly ? undefined : (values.get("signature") ?? `${manifest}.sig`);
  await refuseExisting(manifest);
  if (signature !== undefined) await refuseExisting(signature);
  return { kind: "files", manifest, signature };
}

function membersOf({ config, parts }: ReadImage): Omit<ImageManifest, "format"> {
  const { name, version } = config;
  if (name === undefined || version === undefined) {
    const missing = name === undefined ? "name" : "version";
    throw new CommandError(
      `Cannot sign the image: its config.yaml has no "${missing}"; add it, as a manifest says which image it is of`,
    );
  }
  const digests = parts.map((part) => [part.name, { sha256: part.sha256, bytes: part.bytes }] as const);
  return { name, version, parts: Object.fromEntries(digests) };
}

/** What whoever verifies is told, and can rely on. */
function commentOf({ name, version }: { name: string; version: string }): string {
  return `${name} ${version}, signed ${new Date().toISOString()}`;
}

async function finish(
  invocation: Invocation,
  target: Target,
  { image, manifest, signature }: { image: ReadImage; manifest: string; signature?: string },
): Promise<number> {
  if (target.kind === "files") {
    const signed =
      target.signature !== undefined && signature !== undefined ? [[target.signature, signature] as const] : [];
    await writeAll([[target.manifest, manifest], ...signed]);
    printAnswer(invocation, { written: [target.manifest, ...signed.map(([name]) => name)] }, ["OK"]);
    return exitCodes.done;
  }
  const statement = [
    { name: "manifest", contents: manifest },
    { name: "manifest.sig", contents: signature ?? "" },
  ];
  const { bytes, sha256 } = await writeBundle(target.path, [...statement, ...image.parts]);
  printAnswer(invocation, { written: [target.path], bytes, sha256 }, ["OK"]);
  return exitCodes.done;
}

/** All of the files, or none. */
async function writeAll(files: readonly (readonly [path: string, text: string])[]): Promise<void> {
  const written: string[] = [];
  try {
    for (const [file, text] of files) {
      await writeFile(file, text, { flag: "wx" });
      written.push(file);
    }
  } catch (error) {
    for (const file of written) await rm(file, { force: true });
    const why = error instanceof Error ? error.message : String(error);
    throw new CommandError(`Cannot write the manifest: ${why}`, { cause: error });
  }
}
