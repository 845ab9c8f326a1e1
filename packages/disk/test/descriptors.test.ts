import { expect, test } from "bun:test";
import { closeSync, fstatSync, openSync, readdirSync, writeFileSync } from "node:fs";
import {
  hasPeerLeft,
  O_CLOEXEC,
  peerCredentials,
  type Received,
  receiveDescriptors,
  sendDescriptors,
} from "@host-service/disk";
import { outcomeOf, temporaryDirectory } from "./temporary.ts";

const directory = temporaryDirectory();
writeFileSync(`${directory}/file`, "some contents");
let made = 0;

interface Pair {
  ours: number;
  theirs: number;
  leave: () => void;
}

/** Two ends of a connection, of which nobody reads. */
async function connected(use: (pair: Pair) => void | Promise<void>): Promise<void> {
  const accepted = Promise.withResolvers<Bun.Socket>();
  const path = `${directory}/s${(made += 1)}`;
  const socket = { data: () => undefined, open: (end: Bun.Socket) => pause(end) };
  const server = Bun.listen({
    unix: path,
    socket: {
      ...socket,
      open(end) {
        pause(end);
        accepted.resolve(end);
      },
    },
  });
  const theirs = await Bun.connect({ unix: path, socket });
  const ours = await accepted.promise;
  try {
    await use({ ours: fdOf(ours), theirs: fdOf(theirs), leave: () => theirs.terminate() });
  } finally {
    server.stop(true);
    theirs.terminate();
  }
}

function pause(end: Bun.Socket): void {
  end.pause();
}

function fdOf(socket: Bun.Socket): number {
  return (socket as Bun.Socket & { fd: number }).fd;
}

function close(received: Received | undefined): void {
  for (const fd of received?.descriptors ?? []) closeSync(fd);
}

for (const count of [1, 2, 253]) {
  test(`receiveDescriptors gives the ${count} of one message, closed on exec, and they are the same open file`, () =>
    connected(({ ours, theirs }) => {
      const file = openSync(`${directory}/file`, "r");
      sendDescriptors(
        theirs,
        Array.from({ length: count }, () => file),
      );
      const received = receiveDescriptors(ours);
      expect(received?.isTruncated).toBe(false);
      expect(received?.descriptors).toHaveLength(count);
      expect(new Set(received?.descriptors).size).toBe(count);
      for (const fd of received?.descriptors ?? []) {
        expect(fstatSync(fd).ino).toBe(fstatSync(file).ino);
        expect(flagsOf(fd) & O_CLOEXEC).toBe(O_CLOEXEC);
      }
      close(received);
      closeSync(file);
    }));
}

test("receiveDescriptors gives none where none was sent, and nothing where nothing has come", () =>
  connected(({ ours, theirs }) => {
    expect(receiveDescriptors(ours)).toBeUndefined();
    sendDescriptors(theirs, []);
    expect(receiveDescriptors(ours)).toEqual({ descriptors: [], isTruncated: false });
    expect(receiveDescriptors(ours)).toBeUndefined();
  }));

test("receiveDescriptors takes what was sent before the sender left, and then nothing", () =>
  connected(({ ours, theirs, leave }) => {
    const file = openSync(`${directory}/file`, "r");
    sendDescriptors(theirs, [file]);
    expect(hasPeerLeft(ours)).toBe(false);
    leave();
    expect(hasPeerLeft(ours)).toBe(true);
    const received = receiveDescriptors(ours);
    expect(received?.descriptors).toHaveLength(1);
    close(received);
    expect(receiveDescriptors(ours)).toBeUndefined();
    closeSync(file);
  }));

test("sendDescriptors says what is wrong with a descriptor or with the socket", () =>
  connected(({ theirs }) => {
    expect(outcomeOf(() => sendDescriptors(theirs, [9999]))).toEqual({ kind: "system-call", code: "EBADF" });
    const file = openSync(`${directory}/file`, "r");
    expect(outcomeOf(() => sendDescriptors(file, [file]))).toEqual({ kind: "system-call", code: "ENOTSOCK" });
    expect(outcomeOf(() => receiveDescriptors(file))).toEqual({ kind: "system-call", code: "ENOTSOCK" });
    expect(outcomeOf(() => peerCredentials(file))).toEqual({ kind: "system-call", code: "ENOTSOCK" });
    closeSync(file);
  }));

test("what nobody takes is closed with the connection", async () => {
  const before = readdirSync("/proc/self/fd").length;
  await connected(({ theirs }) => {
    const file = openSync(`${directory}/file`, "r");
    sendDescriptors(theirs, [file]);
    closeSync(file);
  });
  expect(readdirSync("/proc/self/fd").length).toBeLessThanOrEqual(before);
});

test("peerCredentials is who connected", () =>
  connected(({ ours }) => {
    const [uid, gid] = [process.getuid?.(), process.getgid?.()];
    expect(peerCredentials(ours) as unknown).toEqual({ pid: process.pid, uid, gid });
  }));

function flagsOf(fd: number): number {
  const flags = /^flags:\s+(\d+)$/m.exec(
    new TextDecoder().decode(Bun.spawnSync(["cat", `/proc/${process.pid}/fdinfo/${fd}`]).stdout),
  );
  return Number.parseInt(flags?.[1] ?? "", 8);
}
