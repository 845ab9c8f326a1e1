// How files travel. The best that works is taken: an open file that is handed over, a path that the daemon opens itself (on the host
// alone), a stream. Some of it is loaded only when it is needed.
import { ClientError } from "@host-service/client";
import type { Client } from "@host-service/client";
import type { Source } from "@host-service/protocol";
import type { Invocation } from "../arguments/command.ts";
import { printable } from "../output/printable.ts";
import { writeLine } from "../output/write.ts";
import { transferWish } from "./transfer-option.ts";

/** What names the file of an absolute path to the daemon. */
export type SourceOf = (path: string) => Source | Promise<Source>;

/** A request that names files; they stay open for it until it is disposed of. */
export interface NamedFiles<Request> extends Disposable {
  request: Request;
}

/** Makes a request that names its files in the best way that works; undefined where they have to be streamed. */
export async function nameFiles<Request>(
  client: Client,
  invocation: Invocation,
  make: (sourceOf: SourceOf) => Promise<Request>,
): Promise<NamedFiles<Request> | undefined> {
  const wish = transferWish(invocation);
  const say = (line: string) => {
    if (invocation.verbose) writeLine("stderr", printable(`transfer: ${line}`));
  };
  const { features } = await client.call("info");
  if (wish === "auto" && !features.includes("descriptor")) say("no open files: this host-service does not take them");
  else if (wish === "auto" || wish === "fd") {
    const opened = await openFiles(invocation, make, { isForced: wish === "fd", say });
    if (opened !== undefined) return opened;
  }
  if (wish === "path" || (wish === "auto" && features.includes("path"))) {
    say("paths");
    return { request: await make((path) => ({ path })), [Symbol.dispose]: () => {} };
  }
  if (wish === "auto") say("no paths: only the host's own socket takes them");
  say("stream");
  return undefined;
}

/** Undefined where another way is to be taken. */
async function openFiles<Request>(
  invocation: Invocation,
  make: (sourceOf: SourceOf) => Promise<Request>,
  { isForced, say }: { isForced: boolean; say: (line: string) => void },
): Promise<NamedFiles<Request> | undefined> {
  const { handOver, peerPathOf } = await import("@host-service/client/hand-over");
  const connections = new DisposableStack();
  try {
    const peerPath = await peerPathOf(invocation.socketPath);
    const request = await make(async (path) => ({ token: connections.use(await handOver(peerPath, path)).token }));
    say("open files");
    return { request, [Symbol.dispose]: () => connections.dispose() };
  } catch (error) {
    connections.dispose();
    const isOfTheFile = error instanceof ClientError && error.kind === "local-file";
    if (isForced || isOfTheFile) throw error;
    say(`no open files: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}
