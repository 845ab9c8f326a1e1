import { expect, test } from "bun:test";
import { kernelKnows } from "@host-service/disk";

const calls = ["openat2", "renameat2", "seccomp", "copy_file_range", "statx"] as const;

test("kernelKnows what every kernel has that is supported", () => {
  expect(calls.filter((call) => !kernelKnows(call))).toEqual([]);
});

test("kernelKnows what is hidden from a process", async () => {
  const program = `${import.meta.dir}/programs/knows.ts`;
  const child = Bun.spawn([process.execPath, program, ...calls], { env: {}, stdout: "pipe" });
  expect(await child.stdout.text()).toBe("statx\n");
});
