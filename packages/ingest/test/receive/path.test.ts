import { expect, test } from "bun:test";
import { chmodSync, mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { IngestErrorKind, ReceiveProgress } from "../../source/index.ts";
import { children, openBelow, pattern, type ProgramName, refusal, sha256, skip, until, Workshop } from "../workshop.ts";

test("receivePath: a file becomes our own verified copy", async () => {
  using workshop = new Workshop();
  const inbox = await workshop.inbox();
  const path = workshop.path("image");
  const contents = pattern(3 * 1024 * 1024 + 1);
  const bytes = contents.byteLength;
  writeFileSync(path, contents);
  const seen: ReceiveProgress[] = [];
  const onProgress = (at: ReceiveProgress) => void seen.push(at);
  const file = await inbox.receivePath(path, { onProgress, sha256: sha256(contents) });
  expect(file).toMatchObject({ bytes, sha256: sha256(contents) });
  writeFileSync(path, "something else");
  expect(readFileSync(file.path)).toEqual(Buffer.from(contents));
  expect(seen.at(-1)).toEqual({ phase: "verify", bytes, bytesTotal: bytes });
  await file.discard();
  await workshop.expectNothingLeft();
  await until(() => openBelow(path).length === 0, "the source is closed");
});

interface Refused {
  what: string;
  make: (path: string) => unknown;
  says: string;
}

const refused: Refused[] = [
  { what: "a missing file", make: () => undefined, says: "there is no such file; check the path" },
  {
    what: "a directory",
    make: (path) => mkdirSync(path),
    says: "it is a directory; give a regular file",
  },
  {
    what: "a FIFO that nobody writes to",
    make: (path) => Bun.spawnSync(["mkfifo", path]),
    says: "it is a FIFO; give a regular file",
  },
  {
    what: "a socket",
    make: async (path) => {
      const server = createServer();
      await new Promise<void>((resolve) => void server.listen(path, resolve));
      server.unref();
    },
    says: "it is a socket; give a regular file",
  },
  {
    what: "a symbolic link to a device",
    make: (path) => symlinkSync("/dev/zero", path),
    says: "it is a symbolic link, and what it points to is not followed; give a regular file",
  },
  {
    what: "a symbolic link to a regular file",
    make: (path) => symlinkSync("/etc/passwd", path),
    says: "it is a symbolic link, and what it points to is not followed; give a regular file",
  },
  { what: "an empty file", make: (path) => writeFileSync(path, ""), says: "it is empty; check how it was made" },
  {
    what: "a file above the limit",
    make: (path) => {
      writeFileSync(path, "");
      truncateSync(path, 2 * 1024 ** 3);
    },
    says:
      "it has at least 2.0 GiB (2147483648 bytes), the limit is 1.0 GiB (1073741824 bytes); " +
      "raise limits.image_bytes_max in the daemon's configuration if it is wanted",
  },
];

for (const { what, make, says } of refused) {
  test(`receivePath: ${what} is refused`, async () => {
    using workshop = new Workshop();
    const inbox = await workshop.inbox();
    const path = workshop.path("image");
    await make(path);
    const error = await refusal(inbox.receivePath(path));
    expect(error.message).toBe(`Cannot receive "${path}": ${says}`);
    await workshop.expectNothingLeft();
  });
}

for (const [path, says] of [
  ["/dev/zero", "it is a character device; give a regular file"],
  ["/etc/passwd/image", "there is no such file; check the path"],
  ["image", "the path is relative; give an absolute path"],
] as const) {
  test(`receivePath: ${path} is refused`, async () => {
    using workshop = new Workshop();
    const inbox = await workshop.inbox();
    const error = await refusal(inbox.receivePath(path));
    expect(error.message).toBe(`Cannot receive "${path}": ${says}`);
    await workshop.expectNothingLeft();
  });
}

test("receivePath: a file that the daemon may not read is not permitted", async () => {
  if (process.getuid?.() === 0) return skip("root may read every file");
  using workshop = new Workshop();
  const inbox = await workshop.inbox();
  const path = workshop.path("image");
  writeFileSync(path, "abc");
  chmodSync(path, 0);
  const error = await refusal(inbox.receivePath(path));
  expect(error.problem).toEqual({ kind: "not-permitted", doing: "open it" });
  await workshop.expectNothingLeft();
});

const troubled: { what: string; program: ProgramName; kind: IngestErrorKind }[] = [
  { what: "a file that is written to while it is copied", program: "touch-source", kind: "changed" },
  { what: "a file that gets shorter while it is copied", program: "tear-copy", kind: "changed" },
  { what: "a file system that hangs", program: "hang", kind: "stalled" },
  { what: "a copy that is killed", program: "crash", kind: "failed" },
];

for (const { what, program, kind } of troubled) {
  test(`receivePath: ${what} is ${kind}`, async () => {
    using workshop = new Workshop();
    const stallTimeoutMs = program === "hang" ? 200 : 20_000;
    const inbox = await workshop.inbox({ program, limits: { stallTimeoutMs } });
    const path = workshop.path("image");
    writeFileSync(path, pattern(10_000));
    const error = await refusal(inbox.receivePath(path));
    expect(error.kind).toBe(kind);
    await workshop.expectNothingLeft();
  });
}

test("receivePath: the signal ends a copy that hangs", async () => {
  using workshop = new Workshop();
  const inbox = await workshop.inbox({ program: "hang" });
  const path = workshop.path("image");
  writeFileSync(path, "abc");
  const controller = new AbortController();
  const reception = refusal(inbox.receivePath(path, { signal: controller.signal }));
  await until(() => children().length === 1, "the job has started");
  controller.abort();
  expect((await reception).problem).toEqual({ kind: "cancelled" });
  await workshop.expectNothingLeft();
});

test("receivePath: another digest than expected is refused", async () => {
  using workshop = new Workshop();
  const inbox = await workshop.inbox();
  const path = workshop.path("image");
  writeFileSync(path, "abc");
  const sha256Expected = "0".repeat(64);
  const error = await refusal(inbox.receivePath(path, { sha256: sha256Expected }));
  expect(error.problem).toEqual({ kind: "digest-mismatch", sha256: sha256("abc"), sha256Expected });
  await workshop.expectNothingLeft();
});
