// An image of a portable service on its way: look at the files, decide how they travel, follow the progress, print the answer.
import { stat } from "node:fs/promises";
import { checkLocalFile } from "@host-service/client";
import type { Client, InstallOptions, LocalFile, PortableImage } from "@host-service/client";
import { exitCodes } from "@host-service/protocol";
import type { PortableRequest } from "@host-service/protocol";
import type { Invocation } from "../arguments/command.ts";
import { UsageError } from "../arguments/usage-error.ts";
import { printAnswer } from "../output/answer.ts";
import { inspectionLines } from "../output/portable.ts";
import { createProgress } from "../progress/progress.ts";
import { cancellable } from "./cancellable.ts";
import { connect } from "./connect.ts";
import { upload } from "./install-over-line.ts";
import { finish } from "./portable.ts";
import { serviceName, serviceNameOf } from "./portable-name.ts";
import { standardInput } from "./standard-input.ts";
import { nameFiles } from "./transfer.ts";
import { transferWish } from "./transfer-option.ts";

type Deed = "inspect" | "attach";
type Terms = Pick<PortableRequest, "profile" | "prefixes">;

interface Image {
  service: string;
  /** Undefined for standard input. */
  file: LocalFile | undefined;
  signature: LocalFile | undefined;
  terms: Terms;
}

export async function inspect(invocation: Invocation): Promise<number> {
  const answer = await withImage(invocation, "inspect", (client, image, options) =>
    client.inspectPortable(image, options),
  );
  printAnswer(invocation, answer, inspectionLines(answer));
  return answer.isFit ? exitCodes.done : exitCodes.failed;
}

export async function attach(invocation: Invocation): Promise<number> {
  return finish(
    invocation,
    await withImage(invocation, "attach", (client, image, options) => client.attachPortable(image, options)),
  );
}

type Send<Answer> = (client: Client, image: PortableImage, options: InstallOptions) => Promise<Answer>;

async function withImage<Answer>(invocation: Invocation, deed: Deed, send: Send<Answer>): Promise<Answer> {
  const image = await imageOf(invocation, deed);
  const client = connect(invocation);
  const progress = createProgress(invocation);
  return await cancellable((signal) =>
    travel(client, { image, deed, invocation, send }, { signal, onEvent: (event) => progress.show(event) }),
  ).finally(() => progress.end());
}

async function imageOf(invocation: Invocation, deed: Deed): Promise<Image> {
  const [given = ""] = invocation.positionals;
  const path = ["portable", deed];
  const name = invocation.values.get("name");
  const profile = invocation.values.get("profile");
  const prefixes = invocation.lists.get("prefix") ?? [];
  const terms: Terms = {
    ...(profile === undefined ? {} : { profile }),
    ...(prefixes.length === 0 ? {} : { prefixes: [...prefixes] }),
  };
  if (given === "-") {
    if (name === undefined) throw new UsageError(`Cannot ${deed} "-": standard input has no name; give --name`, path);
    if (process.stdin.isTTY) {
      throw new UsageError(`Cannot ${deed} "-": standard input is a terminal; pipe an image into it`, path);
    }
    if (invocation.values.has("signature")) {
      throw new UsageError(`Cannot ${deed} "-" with a signature of its own: give the image as a file`, path);
    }
    return { service: serviceName(name, path), file: undefined, signature: undefined, terms };
  }
  const service = name === undefined ? serviceNameOf(given, path) : serviceName(name, path);
  const file = await checkLocalFile(given, { action: deed, what: "an image" });
  return { service, file, signature: await signatureOf(given, { invocation, deed }), terms };
}

async function signatureOf(
  file: string,
  { invocation, deed }: { invocation: Invocation; deed: Deed },
): Promise<LocalFile | undefined> {
  const what = { action: deed, what: "a signature of minisign" };
  const given = invocation.values.get("signature");
  if (given !== undefined) return await checkLocalFile(given, what);
  const beside = `${file}.minisig`;
  const isThere = (await stat(beside).catch(() => undefined)) !== undefined;
  return isThere ? await checkLocalFile(beside, what) : undefined;
}

interface Journey<Answer> {
  image: Image;
  deed: Deed;
  invocation: Invocation;
  send: Send<Answer>;
}

async function travel<Answer>(
  client: Client,
  { image, deed, invocation, send }: Journey<Answer>,
  options: InstallOptions,
): Promise<Answer> {
  const { service, file, signature, terms } = image;
  if (file === undefined) return await send(client, { service, ...terms, body: standardInput() }, options);
  const isLine = invocation.line !== undefined;
  using named = isLine
    ? undefined
    : await nameFiles(client, invocation, async (sourceOf) => ({
        ...terms,
        image: await sourceOf(file.path),
        ...(signature === undefined ? {} : { signature: await sourceOf(signature.path) }),
      }));
  if (named !== undefined) return await send(client, { service, request: named.request }, options);
  // A body has no room for a signature: with one, the file is brought first, and then named.
  if ((isLine || signature !== undefined) && transferWish(invocation) !== "stream") {
    const source = await upload(client, Bun.file(file.path), { ...options, part: "the image" });
    const signed = signature === undefined ? {} : { signature: { inline: await Bun.file(signature.path).text() } };
    return await send(client, { service, request: { ...terms, image: source, ...signed } }, options);
  }
  if (signature !== undefined) {
    throw new UsageError("Cannot stream an image with a signature of its own: leave --transfer out", [
      "portable",
      deed,
    ]);
  }
  // A file as the body goes by sendfile.
  return await send(client, { service, ...terms, body: Bun.file(file.path), bytes: file.bytes }, options);
}
