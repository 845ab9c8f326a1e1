import { closeSync, constants, openSync, readFileSync, readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { capability, heldCapabilities, lockFile } from "@host-service/disk";
import { end, entry, joined } from "@host-service/fixtures";
import { expect, setDefaultTimeout, test } from "bun:test";
import { ArchiveError } from "../../source/error.ts";
import { unpackCapabilities } from "../../source/unpack/jail.ts";
import { Workshop, childProcesses, isRoot, program, run, unpackFile } from "./kit/unpacking.ts";

setDefaultTimeout(60_000);

/** The fields of each thread of a process. */
function threadsOf(pid: number): Record<string, string>[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
    const lines = statusLines(`/proc/${pid}/task/${thread}/status`);
    if (lines === undefined) return [];
    return [Object.fromEntries(lines.map((line) => line.split(":\t")).map(([key = "", value = ""]) => [key, value]))];
  });
}

function statusLines(path: string): string[] | undefined {
  try {
    return readFileSync(path, "utf8").split("\n");
  } catch {
    return undefined; // The thread has ended since it was listed.
  }
}

function stateOf(pid: number): string | undefined {
  return statusLines(`/proc/${pid}/status`)
    ?.find((line) => line.startsWith("State:\t"))
    ?.slice("State:\t".length);
}

function isShut(pid: number): boolean {
  const threads = threadsOf(pid);
  return threads.length > 0 && threads.every((thread) => thread["Seccomp"] === "2");
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

/** The job on its own, waiting for input that does not come. */
function startJob(directoryFd: number, lockFd?: number) {
  const limits = { entriesMax: 10, unpackedBytesMax: 1000 };
  const request = { limits, writesAtOnce: false, hasLock: lockFd !== undefined, again: program };
  return Bun.spawn([...program, "job", "unpack", JSON.stringify(request)], {
    env: {},
    stdio: ["pipe", "pipe", "inherit", directoryFd, ...(lockFd === undefined ? [] : [lockFd])],
  });
}

test("runUnpackJob gives up what it does not need, in all threads, before it reads", async () => {
  await using workshop = new Workshop();
  const directory = workshop.directory("root");
  const directoryFd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  const job = startJob(directoryFd);
  try {
    await until(() => isShut(job.pid));
    const threads = threadsOf(job.pid);
    expect(new Set(threads.map((thread) => thread["NoNewPrivs"]))).toEqual(new Set(["1"]));
    if (isRoot) {
      const kept = unpackCapabilities.reduce((mask, number) => mask | (1n << BigInt(number)), 0n);
      const most = kept | (1n << BigInt(capability.SYS_CHROOT));
      for (const thread of threads) {
        for (const set of ["CapPrm", "CapEff", "CapBnd"]) expect(BigInt(`0x${thread[set]}`) & ~most).toBe(0n);
        expect(BigInt(`0x${thread["CapInh"]}`)).toBe(0n);
      }
      expect(readlinkSync(`/proc/${job.pid}/root`)).toBe(directory);
    } else console.warn("skipped: the chroot and the capabilities, as this is not root");
    void job.stdin.end();
    const lines = (await new Response(job.stdout).text()).trim().split("\n");
    expect(JSON.parse(lines.at(-1) ?? "")).toEqual({
      type: "failed",
      kind: "truncated",
      message:
        "Cannot unpack the archive: it ends before its first entry, without an end-of-archive mark; fetch it again",
    });
    expect(await job.exited).toBe(1);
  } finally {
    job.kill("SIGKILL");
    await job.exited;
    closeSync(directoryFd);
  }
});

test("runUnpackJob holds the lock that it was given until it ends", async () => {
  await using workshop = new Workshop();
  const directoryFd = openSync(workshop.directory("root"), constants.O_RDONLY | constants.O_DIRECTORY);
  const lockPath = join(workshop.path, "lock");
  const lock = await lockFile(lockPath, { waitMs: 0 });
  const job = startJob(directoryFd, lock.fd);
  try {
    await until(() => isShut(job.pid));
    lock.release();
    expect(await lockFile(lockPath, { waitMs: 0 }).catch((error: unknown) => String(error))).toContain(
      "another process",
    );
    job.kill("SIGKILL");
    await job.exited;
    (await lockFile(lockPath, { waitMs: 0 })).release();
  } finally {
    job.kill("SIGKILL");
    await job.exited;
    closeSync(directoryFd);
  }
});

test("runUnpackJob dies with the process that started it", async () => {
  await using workshop = new Workshop();
  const request = {
    limits: { entriesMax: 1, unpackedBytesMax: 1 },
    writesAtOnce: false,
    hasLock: false,
    again: program,
  };
  const command = [...program, "job", "unpack", JSON.stringify(request)];
  const code = `import { openSync } from "node:fs";
    const directory = openSync(${JSON.stringify(workshop.directory("root"))}, "r");
    const job = Bun.spawn(${JSON.stringify(command)}, { env: {}, stdio: ["pipe", "ignore", "inherit", directory] });
    console.log(job.pid);
    await job.exited;`;
  const parent = Bun.spawn([process.execPath, "-e", code], { env: {}, stdio: ["ignore", "pipe", "inherit"] });
  try {
    const { value } = await parent.stdout.getReader().read();
    const job = Number(Buffer.from(value ?? []).toString());
    await until(() => isShut(job));
    parent.kill("SIGKILL");
    await parent.exited;
    // Whoever inherits it may be slow to collect it.
    await until(() => stateOf(job) === undefined || stateOf(job) === "Z (zombie)");
  } finally {
    parent.kill("SIGKILL");
    await parent.exited;
  }
});

const large = joined(
  ...Array.from({ length: 3000 }, (_, index) => entry({ name: `file-${index}` }, "x".repeat(9000))),
  end(),
);

test.each([["tar"], ["tar.xz"]])(
  "unpack of %s that is cancelled rejects when nobody writes any more",
  async (format) => {
    await using workshop = new Workshop();
    let path = workshop.file("archive", large);
    if (format === "tar.xz") {
      expect((await run(["xz", "-0", path], workshop.path)).exitCode).toBe(0);
      path = `${path}.xz`;
    }
    const directory = workshop.directory("root");
    const cancelling = new AbortController();
    const unpacking = unpackFile(path, directory, { signal: cancelling.signal, xz: "system" });
    await Promise.race([until(() => readdirSync(directory).length > 10), unpacking]);
    cancelling.abort(new Error("the client has gone"));
    const error: unknown = await unpacking.catch((failure: unknown) => failure);
    expect(error instanceof ArchiveError && error.kind).toBe("cancelled");
    expect(childProcesses()).toEqual([]);
  },
);

test("unpack does not begin when it was cancelled before", async () => {
  await using workshop = new Workshop();
  const directory = workshop.directory("root");
  const unpacking = unpackFile(workshop.file("archive", large), directory, { signal: AbortSignal.abort() });
  const error: unknown = await unpacking.catch((failure: unknown) => failure);
  expect(error instanceof ArchiveError && error.kind).toBe("cancelled");
  expect(readdirSync(directory)).toEqual([]);
});

test("unpack says that a directory is not empty", async () => {
  await using workshop = new Workshop();
  const unpacking = unpackFile(workshop.file("archive", large), workshop.path);
  expect(await unpacking.catch((failure: unknown) => String(failure))).toContain("it is not empty");
});

test("unpack tells how far it is, never more than there is", async () => {
  await using workshop = new Workshop();
  const seen: { entries: number; bytes: number }[] = [];
  const contents = new Uint8Array(1024 * 1024);
  const many = joined(...Array.from({ length: 300 }, (_, index) => entry({ name: `file-${index}` }, contents)), end());
  const path = workshop.file("archive", many);
  const report = await unpackFile(path, workshop.directory("root"), { onProgress: (progress) => seen.push(progress) });
  expect({ entries: report.entries, bytes: report.bytes }).toEqual({ entries: 300, bytes: 300 * contents.byteLength });
  const inOrder = seen.toSorted((left, right) => left.bytes - right.bytes);
  expect(seen).toEqual(inOrder);
  for (const { entries, bytes } of seen) expect(entries <= 300 && bytes <= report.bytes).toBe(true);
});

const canMount = isRoot && (heldCapabilities() & (1n << BigInt(capability.SYS_ADMIN))) !== 0n;
if (!canMount) console.warn("skipped: unpacking onto a full file system, as this user may not mount one");

test.if(canMount)("unpack says that no space is left, and on which entry", async () => {
  await using workshop = new Workshop();
  const small = workshop.directory("small");
  expect(await run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", small], workshop.path)).toEqual({
    exitCode: 0,
    errors: "",
  });
  try {
    const path = workshop.file(
      "archive",
      joined(entry({ name: "fits" }, "x"), entry({ name: "does not" }, new Uint8Array(3 * 1024 * 1024)), end()),
    );
    const error: unknown = await unpackFile(path, small).catch((failure: unknown) => failure);
    if (!(error instanceof ArchiveError)) throw error;
    expect({ kind: error.kind, entry: error.entry, message: error.message }).toEqual({
      kind: "no-space",
      entry: "does not",
      message: 'Cannot unpack "does not": no space is left on the file system; free some, or install a smaller image',
    });
  } finally {
    await run(["umount", small], workshop.path);
  }
});
