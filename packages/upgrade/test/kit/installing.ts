// One install by the built-in installer into slot b, told as plain values.
import { closeSync, openSync, readFileSync, readSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { ArtifactError } from "@host-service/artifact";
import {
  type InstalledImage,
  type InstallOptions,
  type InstallProgress,
  type PartitionsOptions,
  partitionsInstaller,
  type PartitionsRequest,
  UpgradeError,
  type UpgradeSource,
} from "../../source/index.ts";
import { expectNothingLeft } from "./processes.ts";

export const program = [process.execPath, join(import.meta.dirname, "job-entry.ts")];

export interface Refusal {
  by: "artifact" | "upgrade";
  kind: string;
  message: string;
}

export interface Outcome {
  image?: InstalledImage;
  refusal?: Refusal;
  firstWrites: number;
  progress: InstallProgress[];
}

export interface Installing extends Partial<PartitionsOptions>, Partial<Omit<InstallOptions, "slot">> {
  request?: Partial<PartitionsRequest>;
}

export const takesAll: PartitionsRequest = {
  keys: [],
  signatureRequired: false,
  rawImages: "take",
  device: { type: "edge-x1", provides: {} },
};

/** Afterwards no job, no pipe and no device is left, whatever came of it. */
export async function install(device: string, source: UpgradeSource, installing: Installing = {}): Promise<Outcome> {
  const {
    request = {},
    signal = new AbortController().signal,
    beforeWriting,
    onProgress,
    onJobKilled,
    ...rest
  } = installing;
  const installer = partitionsInstaller({
    program,
    slots: { a: "/dev/zero", b: device },
    stallTimeoutMs: 20_000,
    ...rest,
  });
  const outcome: Outcome = { firstWrites: 0, progress: [] };
  const options: InstallOptions = {
    slot: "b",
    signal,
    onProgress(progress) {
      outcome.progress.push(progress);
      onProgress?.(progress);
    },
    async beforeWriting(image) {
      outcome.firstWrites += 1;
      await beforeWriting?.(image);
    },
    ...(onJobKilled === undefined ? {} : { onJobKilled }),
  };
  try {
    outcome.image = await installer.install(source, { ...takesAll, ...request }, options);
  } catch (error) {
    outcome.refusal = refusalOf(error);
  }
  return outcome;
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof ArtifactError) return { by: "artifact", kind: error.kind, message: error.message };
  if (error instanceof UpgradeError) return { by: "upgrade", kind: error.kind, message: error.message };
  throw error;
}

/** The same for a file with these contents. */
export async function installFile(device: string, file: string, installing?: Installing): Promise<Outcome> {
  const fd = openSync(file, "r");
  try {
    return await install(device, { kind: "file", fd, bytes: Bun.file(file).size, path: file }, installing);
  } finally {
    closeSync(fd);
  }
}

/** The same for a body that comes in these pieces. */
export async function installBody(
  device: string,
  { pieces, bytesExpected }: { pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>; bytesExpected?: number },
  installing?: Installing,
): Promise<Outcome> {
  const outcome = await install(device, { kind: "body", body: streamOf(pieces), bytesExpected }, installing);
  await expectNothingLeft();
  return outcome;
}

export function streamOf(pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = (async function* () {
    yield* pieces;
  })();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
  });
}

/** What the device itself has, not the page cache of another device over it. */
export function contentsOf(device: string, bytes: number): Uint8Array {
  const fd = openSync(device, "r");
  try {
    const contents = new Uint8Array(bytes);
    let done = 0;
    while (done < bytes) {
      const count = readSync(fd, contents, done, bytes - done, done);
      if (count === 0) throw new Error(`"${device}" ends at byte ${done}`);
      done += count;
    }
    return contents;
  } finally {
    closeSync(fd);
  }
}

/** Every byte of the device is `value`. */
export function fill(device: string, bytes: number, value: number): void {
  const fd = openSync(device, "r+");
  try {
    writeSync(fd, new Uint8Array(bytes).fill(value), 0, bytes, 0);
  } finally {
    closeSync(fd);
  }
}

/** Bytes that are not all the same, so that an order or a hole would show. */
export function pattern(bytes: number): Uint8Array {
  const contents = new Uint8Array(bytes);
  const words = new Uint32Array(contents.buffer, 0, bytes >> 2);
  let state = 2_463_534_242;
  for (let index = 0; index < words.length; index += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[index] = state;
  }
  for (let index = words.length * 4; index < bytes; index += 1) contents[index] = index;
  return contents;
}

export function sha256(contents: Uint8Array): string {
  return new Bun.CryptoHasher("sha256").update(contents).digest("hex");
}

export function imageFile(directory: string, contents: Uint8Array): string {
  const path = join(directory, "image.img");
  writeFileSync(path, contents);
  return path;
}

/** `VmHWM` of a process in bytes; 0 when it is gone. */
export function peakBytes(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
