import { buildBundle, inspectImage, readBundlePart, readImage } from "@host-service/archive";
import type { ImageFiles } from "@host-service/archive";
import { checkLocalFile } from "@host-service/client";
import { exitCodes } from "@host-service/protocol";
import { needsOf } from "@host-service/runtime";
import { checkIdentity, checkParts, parseManifest, parseSignature } from "@host-service/signature";
import type { ImageManifest } from "@host-service/signature";
import type { Invocation } from "../arguments/command.ts";
import { printAnswer } from "../output/answer.ts";
import { refuseExisting } from "../output/failure.ts";
import { imageLines, metadataLines, needsLines, signedLines } from "../output/image.ts";
import { metadataOf } from "./image-metadata.ts";
import { partFiles, partsByRole, statementFiles } from "./image-source.ts";
import { upgradeFile } from "./upgrade-file.ts";

export async function inspect(invocation: Invocation): Promise<number> {
  const [path = ""] = invocation.positionals;
  const upgrade = await upgradeFile(path, "inspect");
  if (upgrade !== undefined) return await (await import("./upgrade-inspect.ts")).inspectUpgrade(invocation, upgrade);
  const file = await checkLocalFile(path, { action: "inspect", what: "a bundle" });
  const summary = inspectImage(file.path);
  const metadata = await metadataOf(summary, file.path, invocation.program);
  const { manifest, signer } = summary.kind === "bundle" ? claims(file.path) : {};
  const needs = summary.kind === "archive" ? undefined : needsOf(summary.config);
  const document = {
    ...summary,
    ...(needs === undefined ? {} : { needs }),
    ...(manifest === undefined ? {} : { manifest }),
    ...(signer === undefined ? {} : { signer }),
    ...(metadata === undefined
      ? {}
      : { metadata: { ...metadata, templates: metadata.templates.map(({ path }) => path) } }),
  };
  printAnswer(invocation, document, [
    ...imageLines(summary),
    ...needsLines(needs, summary),
    ...signedLines(manifest, signer),
    ...metadataLines(metadata),
  ]);
  return exitCodes.done;
}

export async function build(invocation: Invocation): Promise<number> {
  const [out = "", config = "", rootfs = "", meta] = invocation.positionals;
  await refuseExisting(out);
  const files = {
    ...(await partFiles(config, rootfs, meta)),
    ...(await statementFiles(invocation, ["image", "build"])),
  };
  if (files.manifest !== undefined) refuseOther(files);
  const built = await buildBundle(out, files);
  printAnswer(invocation, built, ["OK"]);
  return exitCodes.done;
}

/** What a bundle says of itself; nobody has verified it. */
function claims(path: string): {
  manifest?: ImageManifest;
  signer?: { keyId: string; trustedComment: string; verified: false };
} {
  const [manifest, signature] = [readBundlePart(path, "manifest"), readBundlePart(path, "signature")];
  if (manifest === undefined || signature === undefined) return {};
  const { keyId, trustedComment } = parseSignature(signature, "manifest.sig");
  return { manifest: parseManifest(manifest), signer: { keyId, trustedComment, verified: false } };
}

/** A manifest of other parts would make a bundle that no host takes. */
function refuseOther(files: ImageFiles): void {
  const { manifest, signature, parts, config } = readImage(files);
  if (manifest === undefined || signature === undefined) return;
  parseSignature(signature, "the signature");
  const parsed = parseManifest(manifest);
  checkParts(parsed, partsByRole(parts));
  checkIdentity(parsed, config);
}
