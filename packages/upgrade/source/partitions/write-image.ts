// Two jobs and what is between them: one reads, verifies and writes, the other reads the device back, and only where both found the
// same bytes there is an image.
import { closeSync, constants, mkdtempSync, openSync, rmdirSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipe } from "@host-service/disk";
import type { Target } from "../device/target.ts";
import { UpgradeError } from "../error.ts";
import type { InstallOptions, UpgradeSource } from "../installer.ts";
import { codeOf } from "../system-error.ts";
import { type Interruption, watchFor } from "./interruption.ts";
import { inputOf } from "./job-input.ts";
import { startJob } from "./job-process.ts";
import {
  type ReadBackMessage,
  readBackMessage,
  type WriteMessage,
  writeMessage,
  type WrittenImage,
} from "./messages.ts";
import type { WriteRequest } from "./messages.ts";
import { progressOf } from "./progress.ts";

export interface Writing {
  readonly program: readonly string[];
  readonly target: Target;
  readonly source: UpgradeSource;
  readonly request: Omit<WriteRequest, "source" | "device" | "again">;
  readonly stallTimeoutMs: number;
  readonly options: InstallOptions;
}

/** A killed job that hangs in a foreign file system is not waited for any longer: it can do nothing more. */
const killWaitMs = 5000;

/** When it has settled, the jobs have ended. */
export async function writeImage(writing: Writing): Promise<WrittenImage> {
  const { options, stallTimeoutMs } = writing;
  const interruption = watchFor(options.signal, stallTimeoutMs);
  try {
    return await runJobs(writing, interruption);
  } finally {
    interruption.end();
  }
}

async function runJobs(writing: Writing, interruption: Interruption): Promise<WrittenImage> {
  const { options } = writing;
  const permission = pipe();
  const jobs = startJobs(writing, { interruption, permission });
  try {
    const both = Promise.all([jobs.write.done, jobs.readBack.done]);
    both.catch(() => undefined);
    const [{ image }, readBack] = await Promise.race([both, interruption.happened]);
    checkSame(image, readBack);
    return image;
  } catch (error) {
    jobs.write.kill();
    jobs.readBack.kill();
    const ended = Promise.all([jobs.write.ended, jobs.readBack.ended]);
    options.onJobKilled?.(ended);
    await Promise.race([ended, Bun.sleep(killWaitMs)]);
    throw error;
  } finally {
    closeSync(permission.write);
  }
}

interface Pipes {
  readonly interruption: Interruption;
  readonly permission: { readonly read: number; readonly write: number };
}

function startJobs(writing: Writing, { interruption, permission }: Pipes) {
  const { program, target, source, request, options } = writing;
  const marks = pipe();
  const input = inputOf(source);
  const emptyDirectory = openEmptyDirectory();
  const progress = progressOf(options.onProgress, input.source.bytes);
  const allow = async (): Promise<void> => {
    await options.beforeWriting({});
    interruption.alive();
    allowWriting(permission.write);
  };
  const onWrite = (message: WriteMessage): void => {
    interruption.alive();
    progress.write(message);
    if (message.type === "begin") allow().catch(interruption.fail);
  };
  const onReadBack = (message: ReadBackMessage): void => {
    interruption.alive();
    progress.readBack(message);
  };
  const { bytes, logicalBlockBytes } = target;
  const writeRequest: WriteRequest = {
    ...request,
    source: input.source,
    device: { bytes, logicalBlockBytes },
    again: [...program],
  };
  try {
    const write = startJob(writeMessage, {
      program,
      name: "write",
      argument: JSON.stringify(writeRequest),
      input: input.fd,
      descriptors: [target.fd, marks.write, permission.read, emptyDirectory],
      onMessage: onWrite,
    });
    const readBack = startJob(readBackMessage, {
      program,
      name: "read-back",
      argument: String(logicalBlockBytes),
      input: marks.read,
      descriptors: [target.fd],
      onMessage: onReadBack,
    });
    return { write, readBack };
  } finally {
    input.started(interruption.fail);
    for (const fd of [marks.read, marks.write, permission.read, emptyDirectory]) closeSync(fd);
  }
}

/** The job may be gone by now, and says so itself. */
function allowWriting(fd: number): void {
  try {
    writeSync(fd, Uint8Array.of(1));
  } catch (error) {
    if (codeOf(error) !== "EPIPE") throw error;
  }
}

function checkSame(image: WrittenImage, readBack: { bytes: number; sha256: string }): void {
  if (readBack.bytes === image.bytes && readBack.sha256 === image.sha256) return;
  const why = `its sha-256 is "${readBack.sha256}", and "${image.sha256}" was written; the device is faulty`;
  throw new UpgradeError("io", `Cannot trust the slot: what was read back differs: ${why}`);
}

/** A root for a process that needs no files: a directory that is gone already, in which nothing can be made. */
function openEmptyDirectory(): number {
  const path = mkdtempSync(join(tmpdir(), "host-service-"));
  try {
    return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } finally {
    rmdirSync(path);
  }
}
