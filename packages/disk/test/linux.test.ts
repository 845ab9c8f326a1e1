import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import * as linux from "../source/linux.ts";
import { architecture } from "../source/system-call-numbers.ts";

// arch/arm64/include/uapi/asm/fcntl.h numbers four flags of open in its own way; x86-64 has those of asm-generic/fcntl.h. What one calls
// O_NOFOLLOW the other calls O_LARGEFILE, so that a wrong one would fail in silence.
const flags = {
  x64: { O_DIRECT: 0o40000, O_DIRECTORY: 0o200000, O_NOFOLLOW: 0o400000 },
  arm64: { O_DIRECT: 0o200000, O_DIRECTORY: 0o40000, O_NOFOLLOW: 0o100000 },
};
const common = {
  O_RDONLY: 0,
  O_WRONLY: 0o1,
  O_RDWR: 0o2,
  O_CREAT: 0o100,
  O_EXCL: 0o200,
  O_TRUNC: 0o1000,
  O_NONBLOCK: 0o4000,
  O_CLOEXEC: 0o2000000,
  O_PATH: 0o10000000,
  O_ACCMODE: 0o3,
};

test("the flags of open are those of this architecture", () => {
  const ours = Object.fromEntries(Object.entries(linux).filter(([name]) => name.startsWith("O_")));
  expect(ours).toEqual({ ...common, ...flags[architecture()] });
});

const header = "/usr/include/asm-generic/fcntl.h";
const isX64WithHeader = architecture() === "x64" && existsSync(header);
if (!isX64WithHeader) console.log(`skipped: no "${header}" with the flags of this architecture is here`);

test.skipIf(!isX64WithHeader)("the flags of x86-64 in this test are the kernel's", () => {
  const lines = readFileSync(header, "latin1").matchAll(/^#define (O_\w+)\s+(\d+)\b/gm);
  const all = new Map([...lines].map(([, name, digits = ""]) => [name, Number.parseInt(digits, 8)]));
  const expected = { ...common, ...flags.x64 };
  expect(Object.fromEntries(Object.keys(expected).map((name) => [name, all.get(name)]))).toEqual(expected);
});
