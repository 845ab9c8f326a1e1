// The child that unpacks: descriptor 0 is the tar, 3 the directory, 4 a lock that is only held. Its memory, its
// mistakes and its death are its own.
import { writeSync } from "node:fs";
import {
  capability,
  confineCapabilities,
  execute,
  keepOnExecute,
  parentDeathSignal,
  syncFileSystem,
} from "@host-service/disk";
import { parse } from "@host-service/schema";
import { ArchiveError } from "../error.ts";
import { TarReader } from "../tar/reader.ts";
import { feed } from "./feed.ts";
import { shutJail, unpackCapabilities } from "./jail.ts";
import { type UnpackMessage, type UnpackRequest, isFailureKind, unpackRequest } from "./message.ts";
import { PlainOnly, WithoutExcluded } from "./selection.ts";
import { TreeWriter } from "./tree-writer.ts";
import { codeOf } from "./write-error.ts";

const archiveFd = 0;
const directoryFd = 3;
const lockFd = 4;
const outputFd = 1;
const progressIntervalMs = 200;
const killSignal = 9;

/** Answers the exit code; what happened is in the last line of the output. */
export async function runUnpackJob(argv: readonly string[]): Promise<number> {
  try {
    const request = parse(unpackRequest, JSON.parse(argv[0] ?? "null"), { subject: "the request to unpack" });
    if (!parentDeathSignal(killSignal)) return 1;
    const isRoot = process.geteuid?.() === 0;
    if (isRoot && request.again !== undefined) confine(request, request.again);
    say({ type: "done", ...unpackHere(request, isRoot) });
    return 0;
  } catch (error) {
    say(failureOf(error));
    return 1;
  }
}

/** Capabilities belong to threads, so only a new image, with a smaller bound, takes them from all of them. */
function confine(request: UnpackRequest, program: readonly string[]): never {
  const { again: _, ...rest } = request;
  const [path = ""] = program;
  if (request.hasLock) keepOnExecute(lockFd);
  confineCapabilities([...unpackCapabilities, capability.SYS_CHROOT]);
  return execute(path, ["host-service", ...program.slice(1), "job", "unpack", JSON.stringify(rest)], {});
}

function unpackHere(request: UnpackRequest, isRoot: boolean): Omit<Extract<UnpackMessage, { type: "done" }>, "type"> {
  const owner = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
  const writer = new TreeWriter(directoryFd, { isRoot, ...owner, ids: request.ids }, request);
  const plain = request.plainOnly === true ? new PlainOnly(writer, owner) : writer;
  const wanted = request.excludes === undefined ? undefined : new WithoutExcluded(plain, request.excludes);
  const sink = wanted ?? plain;
  const tick = progressTeller(writer);
  const reader = new TarReader(
    {
      entry: (entry) => {
        sink.entry(entry);
        tick();
      },
      contents: (bytes, offset) => {
        sink.contents(bytes, offset);
        tick();
      },
      fileEnd: () => sink.fileEnd(),
    },
    request.limits,
  );
  shutJail(directoryFd, isRoot);
  feed(reader, { fd: archiveFd, bytes: request.bytes });
  const notKept = writer.finish();
  syncFileSystem(directoryFd);
  return { ...writer.progress, excluded: wanted?.count ?? 0, notKept };
}

function progressTeller(writer: TreeWriter): () => void {
  let next = performance.now() + progressIntervalMs;
  return () => {
    const now = performance.now();
    if (now < next) return;
    next = now + progressIntervalMs;
    say({ type: "progress", ...writer.progress });
  };
}

function failureOf(error: unknown): UnpackMessage {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof ArchiveError) || !isFailureKind(error.kind)) {
    const code = codeOf(error);
    return { type: "failed", kind: code === "ENOSPC" || code === "EDQUOT" ? "no-space" : "failed", message };
  }
  const { kind, entry } = error;
  return entry === undefined ? { type: "failed", kind, message } : { type: "failed", kind, message, entry };
}

function say(message: UnpackMessage): void {
  const line = Buffer.from(`${JSON.stringify(message)}\n`);
  let written = 0;
  while (written < line.byteLength) {
    try {
      written += writeSync(outputFd, line, written);
    } catch (error) {
      // The parent reads without pause, so a full pipe is about to have room.
      if (codeOf(error) !== "EAGAIN") throw error;
    }
  }
}
