// How the files of an image travel. The best that works is taken: an open file that is handed over, a path that the daemon opens itself (on
// the host alone), a stream. Some of it is loaded only when it is needed.
import { ClientError } from "@host-service/client";
import type { Client, InstallOptions } from "@host-service/client";
import type { ContainerAnswer, InstallRequest } from "@host-service/protocol";
import type { Invocation } from "../arguments/command.ts";
import { printable } from "../output/printable.ts";
import { writeLine } from "../output/write.ts";
import { transferWish } from "./transfer-option.ts";
import type { TransferWish } from "./transfer-option.ts";

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
  const wish = transferWish(invocation);
  const say = (line: string) => {
    if (invocation.verbose) writeLine("stderr", printable(`transfer: ${line}`));
  };
  const { features } = await client.call("info");
  using handedOver = await descriptors(work, { wish, isOffered: features.includes("descriptor"), say });
  if (handedOver !== undefined) {
    say("open files");
    return await client.installFromSources({ container, sources: handedOver.sources }, options);
  }
  if (wish === "path" || (wish === "auto" && features.includes("path"))) {
    say("paths");
    const sources = await sourcesOf(files, (path) => ({ path }));
    return await client.installFromSources({ container, sources }, options);
  }
  if (wish === "auto") say("no paths: only the host's own socket takes them");
  say("stream");
  return await stream(client, { container, files }, options);
}

interface HandedOverFiles extends Disposable {
  sources: InstallRequest;
}

/** Undefined where another way is to be taken. */
async function descriptors(
  { files, invocation }: PartsInstall,
  { wish, isOffered, say }: { wish: TransferWish; isOffered: boolean; say: (line: string) => void },
): Promise<HandedOverFiles | undefined> {
  if (wish !== "auto" && wish !== "fd") return undefined;
  if (wish === "auto" && !isOffered) {
    say("no open files: this host-service does not take them");
    return undefined;
  }
  const { handOver, peerPathOf } = await import("@host-service/client/hand-over");
  const connections = new DisposableStack();
  try {
    const peerPath = await peerPathOf(invocation.socketPath);
    const sources = await sourcesOf(files, async (path) => ({
      token: connections.use(await handOver(peerPath, path)).token,
    }));
    return { sources, [Symbol.dispose]: () => connections.dispose() };
  } catch (error) {
    connections.dispose();
    const isOfTheFile = error instanceof ClientError && error.kind === "local-file";
    if (wish === "fd" || isOfTheFile) throw error;
    say(`no open files: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

type SourceOf = (path: string) => InstallRequest["rootfs"] | Promise<InstallRequest["rootfs"]>;

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
