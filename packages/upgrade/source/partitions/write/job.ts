// The child that reads an upgrade, verifies it and writes its payload in one pass. Its memory, its mistakes and its death are its own.
import { readSync } from "node:fs";
import {
  capability,
  chroot,
  confineCapabilities,
  denySystemCalls,
  dropCapabilities,
  execute,
  keepOnExecute,
  parentDeathSignal,
} from "@host-service/disk";
import { parse } from "@host-service/schema";
import { UpgradeError } from "../../error.ts";
import { deniedSystemCalls } from "../denied-system-calls.ts";
import { writeMark } from "../marks.ts";
import { type WriteRequest, type WrittenImage, writeRequest } from "../messages.ts";
import { failureOf, progressTeller, say } from "../report.ts";
import { readUpgrade } from "./read-upgrade.ts";
import { SlotSink } from "./slot-sink.ts";
import { openSource } from "./source.ts";

/** The descriptors of the job: standard input is the source. */
const sourceFd = 0;
const deviceFd = 3;
const marksFd = 4;
const permissionFd = 5;
const emptyDirectoryFd = 6;
const SIGKILL = 9;

/** `job write {…}`: answers the exit code; what happened is in the last line of the output. */
export async function runWriteJob(argv: readonly string[]): Promise<number> {
  try {
    const request = parse(writeRequest, JSON.parse(argv[0] ?? "null"), { subject: "the request to write" });
    if (!parentDeathSignal(SIGKILL)) return 1;
    const isRoot = process.geteuid?.() === 0;
    if (isRoot && request.again !== undefined) confine(request, request.again);
    say({ type: "done", image: await writeHere(request, isRoot) });
    return 0;
  } catch (error) {
    say(failureOf(error));
    return 1;
  }
}

/** Capabilities belong to threads, so only a new image, with a smaller bound, takes them from all of them. */
function confine(request: WriteRequest, program: readonly string[]): never {
  const { again: _, ...rest } = request;
  const [path = ""] = program;
  for (const fd of [deviceFd, marksFd, permissionFd, emptyDirectoryFd]) keepOnExecute(fd);
  confineCapabilities([capability.SYS_CHROOT]);
  return execute(path, ["host-service", ...program.slice(1), "job", "write", JSON.stringify(rest)], {});
}

async function writeHere(request: WriteRequest, isRoot: boolean): Promise<WrittenImage> {
  let bytesWritten = 0;
  const tell = progressTeller(() => ({ type: "progress", bytesRead: source.bytesRead, bytesWritten }));
  const source = openSource(sourceFd, request.source, tell);
  const sink = new SlotSink({
    device: { fd: deviceFd, ...request.device },
    onBegin: awaitPermission,
    onWritten: (end) => {
      bytesWritten = end;
      writeMark(marksFd, end);
      tell();
    },
  });
  shutJail(isRoot);
  const image = await readUpgrade(source, request, sink);
  const bytes = await sink.finish();
  if (bytes !== image.bytes) throw new Error(`wrote ${bytes} of ${image.bytes} bytes`);
  return image;
}

/** From here on the process reaches nothing but its descriptors. */
function shutJail(isRoot: boolean): void {
  if (isRoot) chroot(emptyDirectoryFd);
  dropCapabilities([]);
  denySystemCalls(deniedSystemCalls);
}

/** The parent first notes that nobody knows any more what the slot holds. */
function awaitPermission(bytes: number | undefined): void {
  say(bytes === undefined ? { type: "begin" } : { type: "begin", bytes });
  if (readSync(permissionFd, new Uint8Array(1)) === 1) return;
  throw new UpgradeError("cancelled", "Cannot write the slot: it was cancelled");
}
