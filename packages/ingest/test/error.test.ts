import { expect, test } from "bun:test";
import { IngestError, type IngestProblem } from "../source/index.ts";

const space = { bytesNeeded: 3_000_000_000, bytesFree: 2_000_000_000, directory: "/srv/inbox" };

// Every kind once, with the text that a person reads.
const texts: [IngestProblem, string][] = [
  [{ kind: "missing-file" }, "there is no such file; check the path"],
  [
    { kind: "no-inodes", directory: "/d" },
    'no file can be made on the file system of "/d", which is full (df, df -i); remove files there and try again',
  ],
  [{ kind: "bad-path", why: "the path has a zero byte" }, "the path has a zero byte; give an absolute path"],
  [{ kind: "not-regular", found: "a FIFO" }, "it is a FIFO; give a regular file"],
  [
    { kind: "descriptor-refused", found: "it is a directory" },
    "it is a directory; hand over one regular file that is open for reading",
  ],
  [
    { kind: "not-permitted", doing: "open it" },
    "the daemon may not open it; check the permissions of the file and of the directories above it",
  ],
  [{ kind: "empty" }, "it is empty; check how it was made"],
  [
    { kind: "too-large", bytes: 2, bytesMax: 1, nextStep: "give it as a file" },
    "it has at least 2 bytes, the limit is 1 byte; give it as a file",
  ],
  [
    { kind: "no-space", ...space, bytesReserved: 0 },
    "it needs at least 2.8 GiB (3000000000 bytes) and 1.9 GiB (2000000000 bytes) are free; " +
      'make room on the file system of "/srv/inbox" and try again',
  ],
  [
    { kind: "no-space", ...space, bytesReserved: 1024 },
    "it needs at least 2.8 GiB (3000000000 bytes) and 1.9 GiB (2000000000 bytes) are free, " +
      'of which 1.0 KiB (1024 bytes) are kept in reserve; make room on the file system of "/srv/inbox" and try again',
  ],
  [
    { kind: "digest-mismatch", sha256: "aa", sha256Expected: "bb" },
    'its sha-256 is "aa", expected "bb"; send it again, or correct the digest',
  ],
  [{ kind: "stalled", stallTimeoutMs: 30_000 }, "nothing arrived for 30 s; check the sender and send it again"],
  [{ kind: "cancelled" }, "it was cancelled"],
  [{ kind: "incomplete", bytes: 5, bytesExpected: 10 }, "it ended after 5 bytes of 10 bytes; send it again"],
  [{ kind: "incomplete", bytes: 10, bytesExpected: 5 }, "it has 10 bytes, but 5 bytes were announced; send it again"],
  [{ kind: "incomplete", bytes: 5, bytesExpected: undefined }, "it ended after 5 bytes; send it again"],
  [{ kind: "changed" }, "the file changed while it was copied; wait until it is complete and try again"],
  [{ kind: "failed", reason: "the disk is on fire" }, "the disk is on fire"],
];

for (const [problem, text] of texts) {
  test(`IngestError: ${problem.kind} reads "${text.slice(0, 40)}…"`, () => {
    const error = new IngestError('receive "image"', problem);
    expect({ kind: error.kind, message: error.message }).toEqual({
      kind: problem.kind,
      message: `Cannot receive "image": ${text}`,
    });
  });
}
