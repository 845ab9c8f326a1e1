// The parts of a container's image, each a file of its own.
import type { Client, InstallOptions } from "@host-service/client";
import type { ContainerAnswer, InstallRequest } from "@host-service/protocol";
import type { Invocation } from "../arguments/command.ts";
import { nameFiles } from "./transfer.ts";
import type { SourceOf } from "./transfer.ts";

/** The absolute path of the file of each part. */
export type ImageFiles = { readonly [Part in keyof InstallRequest]: string };

export interface PartsInstall {
  container: string;
  files: ImageFiles;
  invocation: Invocation;
}

export async function installParts(
  client: Client,
  work: PartsInstall,
  options: InstallOptions,
): Promise<ContainerAnswer> {
  const { container, files, invocation } = work;
  using named = await nameFiles(client, invocation, (sourceOf) => sourcesOf(files, sourceOf));
  if (named === undefined) return await stream(client, { container, files }, options);
  return await client.installFromSources({ container, sources: named.request }, options);
}

async function sourcesOf(files: ImageFiles, sourceOf: SourceOf): Promise<InstallRequest> {
  const { meta, manifest, signature } = files;
  return {
    config: await sourceOf(files.config),
    rootfs: await sourceOf(files.rootfs),
    ...(meta === undefined ? {} : { meta: await sourceOf(meta) }),
    ...(manifest === undefined ? {} : { manifest: await sourceOf(manifest) }),
    ...(signature === undefined ? {} : { signature: await sourceOf(signature) }),
  };
}

/** As a bundle that is made on the way. */
async function stream(
  client: Client,
  { container, files }: { container: string; files: ImageFiles },
  options: InstallOptions,
): Promise<ContainerAnswer> {
  const { describeImageFiles, packBundle } = await import("@host-service/archive");
  const { meta, manifest, signature } = files;
  const { parts } = describeImageFiles({
    config: files.config,
    rootfs: files.rootfs,
    ...(meta === undefined ? {} : { meta }),
    ...(manifest === undefined ? {} : { manifest }),
    ...(signature === undefined ? {} : { signature }),
  });
  const { bytes, stream: body } = packBundle(parts);
  return await client.installFromBody({ container, body, bytes }, options);
}
