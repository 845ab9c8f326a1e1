import { expect, test } from "bun:test";
import { closeSync, readSync } from "node:fs";
import { notifySystemd } from "@host-service/disk";
import { attempt, structureAddress, structureView } from "../source/system-call.ts";
import { outcomeOf, temporaryDirectory } from "./temporary.ts";

// A socket that receives datagrams, bound to a name whose "@" stands for the NUL of an abstract one.
function receiver(name: string): { receive(): string; close(): void } {
  const fd = attempt("socket", 1, 2, 0);
  structureView.setUint16(0, 1, true);
  for (const [index, byte] of Buffer.from(`${name}\0`).entries()) structureView.setUint8(2 + index, byte);
  if (name.startsWith("@")) structureView.setUint8(2, 0);
  expect(attempt("bind", fd, structureAddress, 2 + name.length + (name.startsWith("@") ? 0 : 1))).toBe(0);
  const buffer = Buffer.alloc(4096);
  return {
    receive: () => buffer.toString("utf8", 0, readSync(fd, buffer)),
    close: () => closeSync(fd),
  };
}

for (const name of [`${temporaryDirectory()}/notify`, `@host-service-disk-test-${process.pid}`]) {
  test(`notifySystemd reaches ${name.startsWith("@") ? "an abstract name" : "a path"}`, () => {
    const manager = receiver(name);
    expect(notifySystemd("READY=1\nSTATUS=bereit für alles", name)).toBe(true);
    expect(manager.receive()).toBe("READY=1\nSTATUS=bereit für alles");
    manager.close();
  });
}

test("notifySystemd answers false when nobody asked to be told", () => {
  expect([notifySystemd("READY=1", ""), notifySystemd("READY=1", "vsock:2:1")]).toEqual([false, false]);
});

test("notifySystemd answers false, and does not wait, when the manager does not read", () => {
  const name = `@host-service-disk-full-${process.pid}`;
  const manager = receiver(name);
  let sent = 0;
  while (notifySystemd("WATCHDOG=1", name)) sent += 1;
  expect(sent).toBeGreaterThan(0);
  manager.close();
});

test("notifySystemd throws when the socket is gone", () => {
  expect(outcomeOf(() => notifySystemd("READY=1", "/nothing/notify"))).toEqual({ kind: "missing", code: "ENOENT" });
  expect(outcomeOf(() => notifySystemd("READY=1", `/${"a".repeat(108)}`))).toEqual({
    kind: "system-call",
    code: "ENAMETOOLONG",
  });
});
