// A temporary directory with an inbox in it, and what there is to say about it afterwards.
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type InboxLimits, IngestError, openInbox } from "../source/index.ts";

export type ProgramName = "job" | "hang" | "crash" | "touch-source" | "tear-copy" | "taken-changed" | "taken-torn";

export function programOf(name: ProgramName): string[] {
  return [process.execPath, join(import.meta.dir, "programs", `${name}.ts`)];
}

export const limits: InboxLimits = {
  imageBytesMax: 1024 * 1024 * 1024,
  stallTimeoutMs: 20_000,
  reserveBytes: 0,
};

export class Workshop implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), "ingest-"));

  inbox(options: { program?: ProgramName; directory?: string; limits?: Partial<InboxLimits> } = {}) {
    return openInbox({
      directory: options.directory ?? this.path("inbox"),
      program: programOf(options.program ?? "job"),
      limits: { ...limits, ...options.limits },
    });
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  /** No name in the inbox at once; no descriptor and no child a moment later. */
  async expectNothingLeft(inboxDirectory = this.path("inbox")): Promise<void> {
    const names = readdirSync(inboxDirectory);
    if (names.length > 0) throw new Error(`left in the inbox: ${names.join(" ")}`);
    await until(() => openBelow(inboxDirectory).length === 0, "its descriptors are closed");
    await until(() => children().length === 0, "its children have ended");
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** What this process has open below a directory; unlinked files are there as well. */
export function openBelow(directory: string): string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      return target.startsWith(directory) ? [target] : [];
    } catch (error) {
      // The descriptor of this very listing.
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
      throw error;
    }
  });
}

/** Processes of a test that are no jobs. */
export const companions = new Set<string>();

export function children(): string[] {
  return readdirSync("/proc/self/task").flatMap((task) =>
    readFileSync(`/proc/self/task/${task}/children`, "utf8")
      .split(" ")
      .filter((pid) => pid !== "" && !companions.has(pid)),
  );
}

export async function until(condition: () => boolean, what: string): Promise<void> {
  const deadlineMs = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > deadlineMs) throw new Error(`Cannot go on: not true in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Says why a part of the tests did not run here. */
export function skip(reason: string): void {
  process.stderr.write(`skipped: ${reason}\n`);
}

/** The error of a reception that has to fail. */
export async function refusal(reception: Promise<unknown>): Promise<IngestError> {
  try {
    await reception;
  } catch (error) {
    if (error instanceof IngestError) return error;
    throw error;
  }
  throw new Error("Cannot refuse: it was received");
}

export function sha256(contents: string | Uint8Array): string {
  return new Bun.CryptoHasher("sha256").update(contents).digest("hex");
}

/** Bytes that are not all the same, so that an order or a hole would show. */
export function pattern(bytes: number): Uint8Array {
  const contents = new Uint8Array(bytes);
  for (let index = 0; index < bytes; index += 1) contents[index] = (index * 31 + (index >> 9)) & 0xff;
  return contents;
}
