// The order of an install: look at the files, decide how they travel, follow the progress, print the answer.
import { checkLocalFile } from "@host-service/client";
import type { Client, InstallOptions, LocalFile } from "@host-service/client";
import { inlineBytesMax } from "@host-service/protocol";
import type { ContainerAnswer } from "@host-service/protocol";
import type { Invocation } from "../arguments/command.ts";
import { UsageError } from "../arguments/usage-error.ts";
import { createProgress } from "../progress/progress.ts";
import { cancellable } from "./cancellable.ts";
import { connect } from "./connect.ts";
import { finish } from "./container-change.ts";
import { containerName } from "./container-name.ts";
import { statementFiles } from "./image-source.ts";
import { standardInput } from "./standard-input.ts";

const path = ["container", "install"];

/** How the image travels, decided before anything is sent. */
type Image =
  | { kind: "standard-input" }
  | { kind: "bundle"; file: LocalFile }
  | { kind: "parts"; config: LocalFile; rootfs: LocalFile; meta: LocalFile | undefined; beside: Beside };

/** The manifest and the signature of the parts. */
type Beside = Awaited<ReturnType<typeof statementFiles>>;

export async function install(invocation: Invocation): Promise<number> {
  const container = containerName(invocation);
  const image = await imageOf(invocation.positionals, await statementFiles(invocation, path));
  const client = connect(invocation);
  const progress = createProgress(invocation);
  const answer = await cancellable((signal) =>
    send(client, { container, image }, { signal, onEvent: (event) => progress.show(event) }),
  ).finally(() => progress.end());
  return finish(invocation, answer);
}

async function imageOf(positionals: readonly string[], beside: Beside): Promise<Image> {
  const [first = "", rootfs, meta] = positionals;
  if (rootfs === undefined && beside.manifest !== undefined) {
    throw new UsageError(`Cannot install "${first}": a bundle has its manifest in it; leave --manifest out`, path);
  }
  if (positionals.length > 1 && positionals.includes("-")) {
    throw new UsageError('Cannot install "-": standard input holds a whole bundle and stands alone', path);
  }
  if (first === "-") {
    if (!process.stdin.isTTY) return { kind: "standard-input" };
    throw new UsageError('Cannot install "-": standard input is a terminal; pipe a bundle into it', path);
  }
  if (rootfs === undefined) {
    if (/\.ya?ml$/i.test(first)) {
      throw new UsageError(`Cannot install "${first}": <rootfs> is missing`, path);
    }
    return { kind: "bundle", file: await checkLocalFile(first, { what: "a bundle" }) };
  }
  return {
    kind: "parts",
    config: await checkLocalFile(first, { what: "the config.yaml", bytesMax: inlineBytesMax }),
    rootfs: await checkLocalFile(rootfs, { what: "the rootfs archive" }),
    meta: meta === undefined ? undefined : await checkLocalFile(meta, { what: "the meta archive" }),
    beside,
  };
}

async function send(
  client: Client,
  work: { container: string; image: Image },
  options: InstallOptions,
): Promise<ContainerAnswer> {
  const { container, image } = work;
  switch (image.kind) {
    case "standard-input":
      return await client.installFromBody({ container, body: standardInput() }, options);
    case "bundle":
      // A file as the body goes by sendfile.
      return await client.installFromBody(
        { container, body: Bun.file(image.file.path), bytes: image.file.bytes },
        options,
      );
    case "parts":
      return await sendParts(client, { container, image }, options);
  }
}

/** Where the daemon sees the caller's files it reads them itself; elsewhere they are streamed as a bundle that is made on the way. */
async function sendParts(
  client: Client,
  work: { container: string; image: Extract<Image, { kind: "parts" }> },
  options: InstallOptions,
): Promise<ContainerAnswer> {
  const { config, rootfs, meta, beside } = work.image;
  const { features } = await client.call("info");
  if (features.includes("path")) {
    const sources = {
      config: { path: config.path },
      rootfs: { path: rootfs.path },
      ...(meta === undefined ? {} : { meta: { path: meta.path } }),
      ...(beside.manifest === undefined ? {} : { manifest: { path: beside.manifest } }),
      ...(beside.signature === undefined ? {} : { signature: { path: beside.signature } }),
    };
    return await client.installFromSources({ container: work.container, sources }, options);
  }
  const { describeImageFiles, packBundle } = await import("@host-service/archive");
  const { parts } = describeImageFiles({
    config: config.path,
    rootfs: rootfs.path,
    ...(meta === undefined ? {} : { meta: meta.path }),
    ...beside,
  });
  const { bytes, stream } = packBundle(parts);
  return await client.installFromBody({ container: work.container, body: stream, bytes }, options);
}
