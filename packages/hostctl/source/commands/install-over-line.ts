// An install on a device at the end of a line that may be lost: what is large goes as resumable uploads, what is small within the request. A bundle
// is sent as its parts, so that it can be gone on with like them.
import { closeSync, openSync } from "node:fs";
import { ClientError } from "@host-service/client";
import type { Client, InstallOptions, LocalFile } from "@host-service/client";
import type { ContainerAnswer } from "@host-service/protocol";
import type { ImageFiles } from "./install-parts.ts";

/** Each part as a slice of a file, which goes by sendfile. */
type Slices = { config: Blob; rootfs: Blob } & Partial<Record<"meta" | "manifest" | "signature", Blob>>;

export async function installOverLine(
  client: Client,
  work: { container: string; image: LocalFile | ImageFiles },
  options: InstallOptions,
): Promise<ContainerAnswer> {
  const { container, image } = work;
  const { config, rootfs, meta, manifest, signature } = "path" in image ? await slicesOf(image) : wholeFiles(image);
  const sources = {
    config: await inline(config, "the config.yaml"),
    ...(manifest === undefined ? {} : { manifest: await inline(manifest, "the manifest") }),
    ...(signature === undefined ? {} : { signature: await inline(signature, "the signature") }),
    ...(meta === undefined ? {} : { meta: await upload(client, meta, { ...options, part: "the metadata" }) }),
    rootfs: await upload(client, rootfs, { ...options, part: "the rootfs" }),
  };
  return await client.installFromSources({ container, sources }, options);
}

function wholeFiles({ config, rootfs, meta, manifest, signature }: ImageFiles): Slices {
  return {
    config: Bun.file(config),
    rootfs: Bun.file(rootfs),
    ...(meta === undefined ? {} : { meta: Bun.file(meta) }),
    ...(manifest === undefined ? {} : { manifest: Bun.file(manifest) }),
    ...(signature === undefined ? {} : { signature: Bun.file(signature) }),
  };
}

async function slicesOf({ path, bytes }: LocalFile): Promise<Slices> {
  const { readBundle } = await import("@host-service/archive");
  const fd = openSync(path, "r");
  try {
    const { parts, config, rootfs } = readBundle(fd, bytes);
    const slice = ({ offset, bytes: length }: { offset: number; bytes: number }) =>
      Bun.file(path).slice(offset, offset + length);
    const others = parts.filter(({ role }) => role !== "config" && role !== "rootfs");
    return {
      config: slice(config),
      rootfs: slice(rootfs),
      ...Object.fromEntries(others.map((part) => [part.role, slice(part)])),
    };
  } finally {
    closeSync(fd);
  }
}

async function inline(text: Blob, what: string): Promise<{ inline: string }> {
  try {
    // The digest is of the bytes: a byte order mark belongs to them.
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    return { inline: decoder.decode(await text.arrayBuffer()) };
  } catch (error) {
    throw new ClientError("local-file", `Cannot send ${what}: it is not UTF-8 text`, { cause: error });
  }
}

/** What goes on after the line was lost. */
export async function upload(
  client: Client,
  file: Blob,
  { part, signal, onEvent }: InstallOptions & { part: string },
): Promise<{ upload: string }> {
  const bytesTotal = file.size;
  const id = await client.upload(file, {
    ...(signal === undefined ? {} : { signal }),
    onBytes: (bytes) => onEvent?.({ type: "progress", operation: "upload", phase: "receive", part, bytes, bytesTotal }),
  });
  return { upload: id };
}
