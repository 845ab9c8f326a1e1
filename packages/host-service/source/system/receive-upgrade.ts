// From a request to what an installer reads: a source in one pass where it can, a file of the inbox where its tool needs one. What was
// received or opened for it is given back when `use` has settled.
import type { Inbox, InboxFile, Uploads } from "@host-service/ingest";
import type { Source, UpgradeRequest } from "@host-service/protocol";
import type { Installer, UpgradeSource } from "@host-service/upgrade";
import { readBytes } from "../containers/read-text.ts";
import { pathOf } from "../containers/source-path.ts";
import type { HandOvers } from "../hand-overs/hand-overs.ts";
import type { Operation } from "../operations/operation.ts";

/** What an upgrade is given: the request's body, or the sources that its JSON names. */
export type GivenUpgrade =
  | { kind: "body"; request: Request; sha256: string | undefined; allowDowngrade: boolean }
  | { kind: "sources"; wanted: UpgradeRequest; mayNamePaths: boolean; owner: string };

/** What the caller says of the file. */
export interface UpgradeTerms {
  fileName?: string;
  /** Of the whole file, in hexadecimal. */
  sha256?: string;
  /** A detached signature of a raw image. */
  signature?: Uint8Array;
}

export interface ReceptionContext {
  inbox: Inbox;
  uploads: Uploads;
  handOvers: HandOvers;
  operation: Operation;
  takes: Installer<never>["takes"];
  /** What is received, in the words of an error. */
  name?: string;
}

const upgradeName = "the upgrade";
const signatureBytesMax = 16 * 1024;

interface Given {
  source: UpgradeSource;
  /** Of a job that reads a caller's file and hangs with it. */
  onJobKilled?: (ended: Promise<unknown>) => void;
}

type Use<Result> = (given: Given & { terms: UpgradeTerms }) => Promise<Result>;

export async function withUpgrade<Result>(
  given: GivenUpgrade,
  context: ReceptionContext,
  use: Use<Result>,
): Promise<Result> {
  if (given.kind === "body") return await withBody(given, context, use);
  const { wanted, mayNamePaths, owner } = given;
  context.operation.markReceived();
  const { source, signature, fileName, sha256 } = wanted;
  const terms: UpgradeTerms = {
    ...(fileName === undefined ? {} : { fileName }),
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(signature === undefined ? {} : { signature: await readSignature(signature, { context, mayNamePaths, owner }) }),
  };
  return await withSource({ source, name: context.name ?? upgradeName, mayNamePaths, owner }, context, (file) =>
    use({ ...file, terms }),
  );
}

async function withBody<Result>(
  { request, sha256 }: Extract<GivenUpgrade, { kind: "body" }>,
  context: ReceptionContext,
  use: Use<Result>,
): Promise<Result> {
  const { inbox, operation, takes, name = upgradeName } = context;
  const terms: UpgradeTerms = sha256 === undefined ? {} : { sha256 };
  if (takes === "file") {
    const file = await inbox.receiveBody(request, { ...watched(operation, name), name, sha256 });
    operation.markReceived();
    return await withFile(file, (file) => use({ ...file, terms }));
  }
  const length = request.headers.get("content-length");
  const bytesExpected = length !== null && /^\d{1,15}$/.test(length) ? Number(length) : undefined;
  const body = request.body ?? new Blob([]).stream();
  const result = await use({ source: { kind: "body", body, bytesExpected }, terms });
  operation.markReceived();
  return result;
}

interface Named {
  source: Source;
  name: string;
  /** Less than the inbox allows. */
  bytesMax?: number;
  mayNamePaths: boolean;
  owner: string;
}

async function withSource<Result>(
  { source, name, bytesMax, mayNamePaths, owner }: Named,
  { inbox, uploads, handOvers, operation, takes }: ReceptionContext,
  use: (given: Given) => Promise<Result>,
): Promise<Result> {
  const receive = { ...watched(operation, name), name, bytesMax };
  if ("inline" in source) return await withFile(await inbox.receiveText(source.inline, receive), use);
  if ("upload" in source) {
    const file = await uploads.take(owner, source.upload, { name, bytesMax });
    const result = await withFile(file, use);
    // Whatever is in the way, the upgrade is installed; what is left expires.
    await uploads.remove(owner, source.upload).catch(() => undefined);
    return result;
  }
  if ("token" in source) {
    return await handOvers.use({ owner, token: source.token, name }, async (connection, { onJobKilled }) => {
      if (takes === "stream") return await use({ source: { kind: "handed-over", connection }, onJobKilled });
      return await withFile(await inbox.receiveHandedOver(connection, { ...receive, onJobKilled }), use);
    });
  }
  const path = pathOf(source, { name, mayNamePaths, instead: "send the file itself" });
  if (takes === "file") return await withFile(await inbox.receivePath(path, { ...receive, name: undefined }), use);
  const opened = await inbox.openPath(path, { signal: operation.signal });
  try {
    return await use({ source: { kind: "file", fd: opened.fd, bytes: opened.bytes } });
  } finally {
    opened.close();
  }
}

async function withFile<Result>(file: InboxFile, use: (given: Given) => Promise<Result>): Promise<Result> {
  try {
    const { fd, bytes, path, sha256 } = file;
    return await use({ source: { kind: "file", fd, bytes, path, sha256 } });
  } finally {
    await file.discard();
  }
}

async function readSignature(
  source: Source,
  { context, mayNamePaths, owner }: Pick<Named, "mayNamePaths" | "owner"> & { context: ReceptionContext },
): Promise<Uint8Array> {
  const name = "the signature";
  const small = { ...context, takes: "file" } as const;
  const named = { source, name, bytesMax: signatureBytesMax, mayNamePaths, owner };
  return await withSource(named, small, async ({ source: file }) => {
    if (file.kind !== "file") throw new Error("Invariant: a small file lies in the inbox");
    return await readBytes(file.fd, { name, offset: 0, bytes: file.bytes });
  });
}

function watched(operation: Operation, part: string) {
  return {
    signal: operation.signal,
    onProgress: (progress: { phase: "receive" | "verify"; bytes: number; bytesTotal?: number }) =>
      operation.report({ part, ...progress }),
  };
}
