// The child that reads an upgrade, verifies it and writes its payload in one pass. Its memory, its mistakes and its death are its own.
import { closeSync, readSync } from "node:fs";
import { headBytes, type PayloadStart, recogniseUpgrade } from "@host-service/artifact";
import { parentDeathSignal } from "@host-service/disk";
import { parse } from "@host-service/schema";
import { UpgradeError } from "../../error.ts";
import { type Findings, readFindings, writeMark } from "../between-jobs.ts";
import { type WriteRequest, type WrittenImage, writeRequest } from "../messages.ts";
import { failureOf, progressTeller, say } from "../report.ts";
import { shutInnerDoor, shutOuterDoor, startOverConfined } from "./jail.ts";
import { namesOf, readUpgrade } from "./read-upgrade.ts";
import { SlotSink } from "./slot-sink.ts";
import { openSource } from "./source.ts";

/** The descriptors of the job: standard input is the source. */
const sourceFd = 0;
const deviceFd = 3;
const marksFd = 4;
const permissionFd = 5;
const emptyDirectoryFd = 6;
const findingsFd = 7;
const SIGKILL = 9;

/** `job write {…}`: answers the exit code; what happened is in the last line of the output. */
export async function runWriteJob(argv: readonly string[]): Promise<number> {
  try {
    const request = parse(writeRequest, JSON.parse(argv[0] ?? "null"), { subject: "the request to write" });
    if (!parentDeathSignal(SIGKILL)) return 1;
    if (!request.isConfined && process.geteuid?.() === 0) {
      startOverConfined("write", request, [deviceFd, marksFd, permissionFd, emptyDirectoryFd, findingsFd]);
    }
    say({ type: "done", image: await writeHere(request) });
    return 0;
  } catch (error) {
    say(failureOf(error));
    return 1;
  }
}

async function writeHere(request: WriteRequest): Promise<WrittenImage> {
  let bytesWritten = 0;
  const tell = progressTeller(() => ({ type: "progress", bytesRead: source.bytesRead, bytesWritten }));
  const source = openSource(sourceFd, request.source, { headBytes, onRead: tell });
  const sink = new SlotSink({
    device: { fd: deviceFd, ...request.slot },
    onBegin(start) {
      // In a set other artifacts may follow, each with a decoder.
      if (recogniseUpgrade(source.head) !== "set") shutInnerDoor(emptyDirectoryFd);
      awaitPermission(start);
    },
    onWritten(end) {
      bytesWritten = end;
      writeMark(marksFd, end);
      tell();
    },
    readBack: awaitFindings,
  });
  shutOuterDoor();
  return await readUpgrade(source, request, sink);
}

function awaitFindings(): Findings {
  closeSync(marksFd);
  const findings = readFindings(findingsFd);
  if (findings !== undefined) return findings;
  // The other job has failed and said why; whoever started both ends this one.
  readSync(permissionFd, new Uint8Array(1));
  throw cancelled();
}

/** The parent first notes that nobody knows any more what the slot holds. */
function awaitPermission({ bytes, artifact }: PayloadStart): void {
  const names = artifact === undefined ? {} : namesOf(artifact);
  say({ type: "begin", ...names, ...(bytes === undefined ? {} : { bytes }) });
  if (readSync(permissionFd, new Uint8Array(1)) === 1) return;
  throw cancelled();
}

function cancelled(): UpgradeError {
  return new UpgradeError("cancelled", "Cannot write the slot: it was cancelled");
}
