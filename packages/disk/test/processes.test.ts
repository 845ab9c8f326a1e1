import { expect, test } from "bun:test";
import { closeSync } from "node:fs";
import { join } from "node:path";
import { hasProcessEnded, openProcess, peerCredentials, peerProcess } from "../source/index.ts";
import { temporaryDirectory } from "./temporary.ts";

const directory = temporaryDirectory();

test("hasProcessEnded is true as soon as the process has ended, and openProcess finds none then", async () => {
  const child = Bun.spawn(["cat"], { stdin: "pipe", stdout: "ignore" });
  const fd = openProcess(child.pid) ?? -1;
  expect(fd).toBeGreaterThan(0);
  expect(hasProcessEnded(fd)).toBe(false);
  void child.stdin.end();
  await child.exited;
  expect(hasProcessEnded(fd)).toBe(true);
  expect(openProcess(child.pid)).toBeUndefined();
  expect(openProcess(0)).toBeUndefined();
  closeSync(fd);
});

test("peerProcess names who connected, as peerCredentials does", async () => {
  const path = join(directory, "s");
  const seen = Promise.withResolvers<{ pid: number; hasEnded: boolean }>();
  const server = Bun.listen({
    unix: path,
    socket: {
      open(socket) {
        const fd = "fd" in socket && typeof socket.fd === "number" ? socket.fd : -1;
        const { pid } = peerCredentials(fd);
        const process = peerProcess(fd, pid);
        seen.resolve({ pid, hasEnded: hasProcessEnded(process.fd ?? -1) });
        if (process.fd !== undefined) closeSync(process.fd);
      },
      data: () => undefined,
    },
  });
  const client = await Bun.connect({ unix: path, socket: { data: () => undefined } });
  expect(await seen.promise).toEqual({ pid: process.pid, hasEnded: false });
  client.end();
  server.stop(true);
});
