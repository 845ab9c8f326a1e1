import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { handOverLimits, HandOvers } from "../../source/hand-overs/hand-overs.ts";
import type { HandOverLimits } from "../../source/hand-overs/hand-overs.ts";
import { until } from "../kit/until.ts";

type Socket = Bun.Socket & { fd: number };

interface Peers {
  /** A new connection: our end, as it is offered, and theirs. */
  connect: () => Promise<{ ours: Socket; leave: () => void }>;
}

async function withPeers(use: (peers: Peers) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "hs-"));
  const accepted: ((socket: Socket) => void)[] = [];
  const unix = join(directory, "peer");
  const open = (socket: Bun.Socket) => {
    socket.pause();
    accepted.shift()?.(socket as Socket);
  };
  const server = Bun.listen({ unix, socket: { open, data: () => undefined } });
  try {
    await use({
      async connect() {
        const { promise, resolve } = Promise.withResolvers<Socket>();
        accepted.push(resolve);
        const theirs = await Bun.connect({ unix, socket: { data: () => undefined } });
        return { ours: await promise, leave: () => theirs.terminate() };
      },
    });
  } finally {
    server.stop(true);
    await rm(directory, { recursive: true });
  }
}

const name = "the rootfs";
const gone = {
  code: "source-refused",
  message:
    "Cannot receive the rootfs: nothing waits under its token, which was used, is another's, or ended with its connection; hand the file over again",
};

function registry(limits: Partial<HandOverLimits> = {}) {
  const handOvers = new HandOvers({ ...handOverLimits, ...limits });
  const offer = (owner: string, { ours }: { ours: Socket }) =>
    handOvers.offer(owner, { fd: ours.fd, end: () => void ours.end() });
  const use = (owner: string, token: string | undefined) =>
    handOvers.use({ owner, token: token ?? "", name }, async (fd) => await Promise.resolve(fd > 2)).catch(failure);
  return { handOvers, offer, use };
}

const failure = (error: unknown) => ({ code: (error as { code: string }).code, message: (error as Error).message });

test("a token is good once, for its owner, and its connection ends with the use", () =>
  withPeers(async ({ connect }) => {
    const { offer, use } = registry();
    const peer = await connect();
    const token = offer("container:edge", peer);
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(await use("container:other", token)).toEqual(gone);
    expect(await use("host", token)).toEqual(gone);
    expect(await use("container:edge", token)).toBe(true);
    expect(await use("container:edge", token)).toEqual(gone);
    expect(await use("container:edge", "unknown")).toEqual(gone);
    await until("the connection has ended", () => peer.ours.readyState < 1);
  }));

test("a token dies with its connection, though the runtime does not tell", () =>
  withPeers(async ({ connect }) => {
    const { offer, use } = registry();
    const peer = await connect();
    const token = offer("host", peer);
    peer.leave();
    expect(await use("host", token)).toEqual(gone);
  }));

test("a token that nobody uses dies in time, with its connection", () =>
  withPeers(async ({ connect }) => {
    const { offer, use } = registry({ unusedTimeMaxMs: 20, lookIntervalMs: 5 });
    const peer = await connect();
    const token = offer("host", peer);
    await until("the connection has ended", () => peer.ours.readyState < 1);
    expect(await use("host", token)).toEqual(gone);
  }));

test("a connection whose other side has left is ended without being asked for", () =>
  withPeers(async ({ connect }) => {
    const { offer } = registry({ lookIntervalMs: 5 });
    const peer = await connect();
    offer("host", peer);
    peer.leave();
    await until("the connection has ended", () => peer.ours.readyState < 1);
  }));

test("an owner has so many at once and no more, and those who left make room", () =>
  withPeers(async ({ connect }) => {
    const { offer } = registry({ perOwnerMax: 2 });
    const peers = [await connect(), await connect(), await connect()] as const;
    expect([offer("container:edge", peers[0]), offer("container:edge", peers[1])]).not.toContain(undefined);
    expect(offer("container:edge", peers[2])).toBeUndefined();
    expect(offer("container:other", await connect())).toBeString();
    peers[0].leave();
    expect(offer("container:edge", peers[2])).toBeString();
  }));

test("the host is never crowded out by its containers", () =>
  withPeers(async ({ connect }) => {
    const { offer } = registry({ containersMax: 1 });
    expect(offer("container:edge", await connect())).toBeString();
    expect(offer("container:other", await connect())).toBeUndefined();
    expect(offer("host", await connect())).toBeString();
  }));

test("an owner whose jobs hang gets no more of them until they are gone", () =>
  withPeers(async ({ connect }) => {
    const { handOvers, offer, use } = registry({ perOwnerHangingMax: 1 });
    const ended = Promise.withResolvers<void>();
    const token = offer("container:edge", await connect());
    await handOvers.use({ owner: "container:edge", token: token ?? "", name }, async (_fd, { onJobKilled }) => {
      onJobKilled(ended.promise);
      await Promise.resolve();
    });
    const next = offer("container:edge", await connect());
    expect(await use("container:edge", next)).toEqual({
      code: "busy",
      message:
        "Cannot receive the rootfs: earlier ones still wait for a file system that does not answer; end what serves it",
    });
    ended.resolve();
    await ended.promise;
    expect(await use("container:edge", next)).toBe(true);
  }));

test("nothing stays open when all is over", async () => {
  const open = () => readdirSync("/proc/self/fd").length;
  const before = open();
  await withPeers(async ({ connect }) => {
    const { offer, use } = registry();
    for (let round = 0; round < 20; round += 1) {
      const peer = await connect();
      expect(await use("host", offer("host", peer))).toBe(true);
      peer.leave();
    }
  });
  await until("it is closed", () => open() <= before);
});
