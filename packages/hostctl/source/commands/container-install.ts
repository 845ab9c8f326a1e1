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
import { installOverLine } from "./install-over-line.ts";
import { statementFiles } from "./image-source.ts";
import { standardInput } from "./standard-input.ts";
import { installParts } from "./install-parts.ts";
import type { ImageFiles } from "./install-parts.ts";
import { transferWish } from "./transfer-option.ts";

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
  checkTransfer(image, invocation);
  const client = connect(invocation);
  const progress = createProgress(invocation);
  const answer = await cancellable((signal) =>
    send(client, { container, image, invocation }, { signal, onEvent: (event) => progress.show(event) }),
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
  work: { container: string; image: Image; invocation: Invocation },
  options: InstallOptions,
): Promise<ContainerAnswer> {
  const { container, image, invocation } = work;
  if (invocation.line !== undefined && image.kind !== "standard-input" && transferWish(invocation) === "auto") {
    const sent = image.kind === "bundle" ? image.file : filesOf(image);
    return await installOverLine(client, { container, image: sent }, options);
  }
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
      return await installParts(client, { container, files: filesOf(image), invocation }, options);
  }
}

function filesOf({ config, rootfs, meta, beside }: Extract<Image, { kind: "parts" }>): ImageFiles {
  return {
    config: config.path,
    rootfs: rootfs.path,
    ...(meta === undefined ? {} : { meta: meta.path }),
    ...beside,
  };
}

/** A bundle is one stream, whoever sends it. */
function checkTransfer(image: Image, invocation: Invocation): void {
  const wish = transferWish(invocation);
  if (invocation.line !== undefined && (wish === "fd" || wish === "path")) {
    throw new UsageError(`Cannot install on a device with --transfer ${wish}: files of this machine are sent`, path);
  }
  if (image.kind === "parts" || wish === "auto" || wish === "stream") return;
  throw new UsageError(`Cannot install a bundle with --transfer ${wish}: it is always streamed`, path);
}
