import { parse } from "@host-service/schema";
import { ArchiveError } from "../error.ts";
import { type Child, startChild, unexplained } from "./child.ts";
import { type UnpackMessage, type UnpackRequest, unpackMessage } from "./message.ts";
import type { UnpackOptions, UnpackReport } from "./options.ts";

export interface UnpackJob {
  readonly child: Child;
  readonly outcome: Promise<UnpackReport | ArchiveError>;
}

interface JobInput extends Pick<UnpackRequest, "bytes" | "writesAtOnce"> {
  readonly input: number;
  readonly directoryFd: number;
}

/** Starts `job unpack`; see there for its descriptors. */
export function startUnpackJob(
  options: UnpackOptions,
  { input, directoryFd, bytes, writesAtOnce }: JobInput,
): UnpackJob {
  const { program, limits, lockFd, ids, excludes, plainOnly, onProgress } = options;
  const request: UnpackRequest = {
    limits: { entriesMax: limits.entriesMax, unpackedBytesMax: limits.unpackedBytesMax },
    writesAtOnce,
    hasLock: lockFd !== undefined,
    again: [...program],
    ...(bytes === undefined ? {} : { bytes }),
    ...(ids === undefined ? {} : { ids: { base: ids.base, count: ids.count } }),
    ...(excludes === undefined ? {} : { excludes: [...excludes] }),
    ...(plainOnly === undefined ? {} : { plainOnly }),
  };
  let last: UnpackMessage | undefined;
  const child = startChild({
    command: [...program, "job", "unpack", JSON.stringify(request)],
    input,
    descriptors: lockFd === undefined ? [directoryFd] : [directoryFd, lockFd],
    output: (line) => {
      last = messageOf(line);
      if (last?.type === "progress") onProgress?.({ entries: last.entries, bytes: last.bytes });
    },
  });
  const outcome = child.ended.then((ending) => {
    if (last?.type === "failed") {
      return new ArchiveError(last.kind, last.message, last.entry === undefined ? {} : { entry: last.entry });
    }
    if (last?.type !== "done" || ending.exitCode !== 0) return unexplained("the unpacking process", ending);
    const { entries, bytes: unpackedBytes, excluded, notKept } = last;
    return { entries, bytes: unpackedBytes, excluded, notKept };
  });
  return { child, outcome };
}

/** The child reads what strangers wrote, so what it says is checked like theirs; undefined is no message of ours. */
function messageOf(line: string): UnpackMessage | undefined {
  try {
    return parse(unpackMessage, JSON.parse(line), { subject: "the unpacking process" });
  } catch {
    // The job ends without a last line that counts, and that is reported.
    return undefined;
  }
}
