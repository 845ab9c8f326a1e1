// Two jobs and what is between them: one reads, verifies and writes, the other reads the device back, and only where both found the
// same bytes there is an image.
import { closeSync, constants, mkdtempSync, openSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipe } from "@host-service/disk";
import type { Target } from "../device/target.ts";
import { UpgradeError } from "../error.ts";
import type { InstallOptions, UpgradeSource } from "../installer.ts";
import { type Interruption, watchFor } from "./interruption.ts";
import { inputOf } from "./job-input.ts";
import { type JobProcess, startJob } from "./job-process.ts";
import {
  type ReadBackMessage,
  readBackMessage,
  type WriteMessage,
  writeMessage,
  type WriteRequest,
  type WrittenImage,
} from "./messages.ts";
import { makePermission, type Permission } from "./permission.ts";
import { progressOf } from "./progress.ts";

export interface Writing {
  readonly program: readonly string[];
  readonly target: Target;
  readonly source: UpgradeSource;
  readonly terms: WriteRequest["terms"];
  readonly blake2b512: boolean;
  readonly stallTimeoutMs: number;
  readonly options: InstallOptions;
}

type WriteBegin = Extract<WriteMessage, { type: "begin" }>;

interface Jobs {
  readonly write: JobProcess<Extract<WriteMessage, { type: "done" }>>;
  readonly readBack: JobProcess<Extract<ReadBackMessage, { type: "done" }>>;
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
  const permission = makePermission();
  let jobs: Jobs | undefined;
  try {
    jobs = startJobs(writing, { interruption, permission });
    const { write, readBack } = jobs;
    // While a job is there the device is not free.
    const all = Promise.all([write.done, readBack.done, write.ended, readBack.ended]);
    const [{ image }, found] = await Promise.race([all, interruption.happened]);
    checkSame(image, found);
    return image;
  } catch (error) {
    if (jobs !== undefined) await endJobs(jobs, options);
    throw error;
  } finally {
    permission.withdraw();
  }
}

async function endJobs({ write, readBack }: Jobs, { onJobKilled }: InstallOptions): Promise<void> {
  write.kill();
  readBack.kill();
  const ended = Promise.all([write.ended, readBack.ended]);
  onJobKilled?.(ended);
  const { promise: waitedEnough, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, killWaitMs);
  await Promise.race([ended, waitedEnough]);
  clearTimeout(timer);
}

interface Hands {
  readonly interruption: Interruption;
  readonly permission: Permission;
}

function startJobs(writing: Writing, { interruption, permission }: Hands): Jobs {
  const { program, target, source, terms, blake2b512, options } = writing;
  const input = inputOf(source);
  const marks = pipe();
  const findings = pipe();
  const emptyDirectory = openEmptyDirectory();
  const progress = progressOf(options.onProgress, input.source.bytes);
  const allow = async ({ name, version }: WriteBegin): Promise<void> => {
    await options.beforeWriting({
      ...(name === undefined ? {} : { name }),
      ...(version === undefined ? {} : { version }),
    });
    interruption.alive();
    permission.grant();
  };
  const { bytes, logicalBlockBytes } = target;
  const request: WriteRequest = {
    source: input.source,
    slot: { bytes, logicalBlockBytes },
    terms,
    blake2b512,
    program: [...program],
    isConfined: false,
  };
  let write: Jobs["write"] | undefined;
  try {
    write = startJob(writeMessage, {
      program,
      name: "write",
      argument: JSON.stringify(request),
      input: input.fd,
      descriptors: [target.fd, marks.write, permission.fd, emptyDirectory, findings.read],
      onMessage(message) {
        interruption.alive();
        progress.write(message);
        if (message.type === "begin") allow(message).catch(interruption.fail);
      },
    });
    const readBack = startJob(readBackMessage, {
      program,
      name: "read-back",
      argument: String(logicalBlockBytes),
      input: marks.read,
      descriptors: [target.fd, emptyDirectory, findings.write],
      onMessage(message) {
        interruption.alive();
        progress.readBack(message);
      },
    });
    return { write, readBack };
  } catch (error) {
    write?.kill();
    throw error;
  } finally {
    input.started(interruption.fail);
    permission.handedOver();
    for (const fd of [marks.read, marks.write, findings.read, findings.write, emptyDirectory]) closeSync(fd);
  }
}

/** The job that writes has compared them, but it has read what strangers wrote; the other one has seen the device alone. */
function checkSame(image: WrittenImage, found: { bytes: number; sha256: string }): void {
  if (found.bytes === image.bytes && found.sha256 === image.sha256) return;
  const why = `its sha-256 is "${found.sha256}", and "${image.sha256}" was written; the device is faulty`;
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
