// Which image a command is about: one argument is a bundle, more are its parts, and a manifest and a signature may lie beside these.
import type { ImageFiles, ReadImage } from "@host-service/archive";
import { checkLocalFile } from "@host-service/client";
import type { ImageParts, ManifestPart } from "@host-service/signature";
import type { Invocation } from "../arguments/command.ts";
import { UsageError } from "../arguments/usage-error.ts";

const action = "read";

/** The paths of a manifest and of its signature, where `--manifest` names one. */
export async function statementFiles(
  invocation: Invocation,
  path: readonly string[],
): Promise<{ manifest?: string; signature?: string }> {
  const manifest = invocation.values.get("manifest");
  const signature = invocation.values.get("signature");
  if (manifest === undefined && signature === undefined) return {};
  if (manifest === undefined) {
    throw new UsageError(
      `Cannot use --signature "${signature}": it is the signature of a manifest; give --manifest`,
      path,
    );
  }
  return {
    manifest: (await checkLocalFile(manifest, { action, what: "a manifest" })).path,
    signature: (await checkLocalFile(signature ?? `${manifest}.sig`, { action, what: "a signature" })).path,
  };
}

/** The path of a bundle, or those of the parts. */
export async function imageSource(positionals: readonly string[]): Promise<string | ImageFiles> {
  const [first = "", rootfs, meta] = positionals;
  if (rootfs === undefined) return (await checkLocalFile(first, { action, what: "a bundle" })).path;
  return await partFiles(first, rootfs, meta);
}

export async function partFiles(config: string, rootfs: string, meta: string | undefined): Promise<ImageFiles> {
  return {
    config: (await checkLocalFile(config, { action, what: "the config.yaml" })).path,
    rootfs: (await checkLocalFile(rootfs, { action, what: "the rootfs archive" })).path,
    ...(meta === undefined ? {} : { meta: (await checkLocalFile(meta, { action, what: "the meta archive" })).path }),
  };
}

/** As a manifest names them. */
export function partsByRole(parts: ReadImage["parts"]): ImageParts {
  const find = (role: keyof ImageParts): ManifestPart | undefined => parts.find((part) => part.role === role);
  const [config, rootfs, meta] = [find("config"), find("rootfs"), find("meta")];
  if (config === undefined || rootfs === undefined) throw new Error("unreachable: an image has both");
  return { config, rootfs, meta };
}
