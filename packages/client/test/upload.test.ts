// The pieces, and what a lost line does to them, against a server that keeps what arrives.
import { afterEach, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { problem } from "@host-service/protocol";
import { ClientError, createClient } from "../source/index.ts";
import { pieceBytes } from "../source/upload.ts";

const mebibyte = 1024 * 1024;
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

interface Wishes {
  /** Answers instead of the server, where it gives something; `count` counts the requests. */
  instead?: (request: Request, count: number) => Response | undefined;
  has?: Uint8Array;
}

async function serve({ instead, has = new Uint8Array() }: Wishes = {}) {
  const directory = await mkdtemp(join(tmpdir(), "client-"));
  const socketPath = join(directory, "socket");
  const state = { kept: Buffer.from(has), isComplete: false, asked: [] as string[], digest: "", recovered: 0 };
  let count = 0;
  const fields = () => ({
    "upload-offset": String(state.kept.byteLength),
    "upload-complete": state.isComplete ? "?1" : "?0",
  });
  const server = Bun.serve({
    unix: socketPath,
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    async fetch(request) {
      const other = instead?.(request, (count += 1));
      state.asked.push(`${request.method} ${request.headers.get("upload-offset") ?? ""}`.trim());
      if (request.method === "POST") {
        state.digest = request.headers.get("repr-digest") ?? "";
        return Response.json({ id: "u", offset: state.kept.byteLength, secondsLeft: 5 }, { status: 201 });
      }
      if (request.method === "PATCH") {
        const arrived = new Uint8Array(await request.arrayBuffer());
        if (other?.status !== 503) state.kept = Buffer.concat([state.kept, arrived]);
        state.isComplete = request.headers.get("upload-complete") === "?1";
        if (other !== undefined) return other;
      }
      return new Response(null, { status: 204, headers: fields() });
    },
  });
  closing.push(
    () => rm(directory, { recursive: true }),
    () => server.stop(true),
  );
  const path = join(directory, "file");
  const client = createClient({ socketPath });
  return { client, state, path, socketPath };
}

const contents = new Uint8Array(2 * mebibyte + 5).map((_, index) => index % 251);

test("pieceBytes is a hundredth, and not too small nor too large", () => {
  expect([1, 50 * mebibyte, 200 * mebibyte, 100_000 * mebibyte].map(pieceBytes)).toEqual([
    mebibyte,
    mebibyte,
    2 * mebibyte,
    64 * mebibyte,
  ]);
});

test("upload sends the file in pieces with its digest, and tells how far it is", async () => {
  const { client, state, path } = await serve();
  await Bun.write(path, contents);
  const seen: number[] = [];
  expect(await client.upload(Bun.file(path), { onBytes: (bytes) => seen.push(bytes) })).toBe("u");
  expect(state.asked).toEqual(["POST", "PATCH 0", `PATCH ${mebibyte}`, `PATCH ${2 * mebibyte}`]);
  expect(seen).toEqual([0, mebibyte, 2 * mebibyte, contents.byteLength]);
  expect(Buffer.compare(state.kept, contents)).toBe(0);
  const sha256 = new Bun.CryptoHasher("sha256").update(contents).digest("base64");
  expect(state.digest).toBe(`sha-256=:${sha256}:`);
});

test("upload sends a part of a file, and only what the other side lacks", async () => {
  const { client, state, path } = await serve({ has: contents.subarray(10, 1000) });
  await Bun.write(path, contents);
  await client.upload(Bun.file(path).slice(10, 5000));
  expect(state.asked).toEqual(["POST", "PATCH 990"]);
  expect(Buffer.compare(state.kept, contents.subarray(10, 5000))).toBe(0);
});

test("upload goes on where the other side is when an answer was lost", async () => {
  const further = problem("upload-offset", "Cannot continue", { "expected-offset": mebibyte, "provided-offset": 0 });
  const { client, state, path } = await serve({
    instead: (request, count) =>
      request.method === "PATCH" && count === 2 ? Response.json(further, { status: 409 }) : undefined,
  });
  await Bun.write(path, contents);
  await client.upload(Bun.file(path));
  expect(state.asked.slice(0, 3)).toEqual(["POST", "PATCH 0", `PATCH ${mebibyte}`]);
});

test("upload ends with the problem that was answered", async () => {
  const full = problem("no-space", "Cannot continue: full");
  const { client, path } = await serve({
    instead: (request) => (request.method === "PATCH" ? Response.json(full, { status: 507 }) : undefined),
  });
  await Bun.write(path, contents);
  const failure = await client.upload(Bun.file(path)).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ClientError);
  expect((failure as ClientError).problem).toEqual(full);
});

test("upload gives the upload up when it is cancelled", async () => {
  const cancelling = new AbortController();
  const { client, state, path } = await serve();
  await Bun.write(path, contents);
  const options = { signal: cancelling.signal, onBytes: (bytes: number) => bytes > 0 && cancelling.abort() };
  const failure = await client.upload(Bun.file(path), options).catch((error: unknown) => error);
  expect((failure as ClientError).problem?.code).toBe("cancelled");
  expect(state.asked).toEqual(["POST", "PATCH 0", "DELETE"]);
});

test("upload asks where to go on after the line was lost", async () => {
  const { state, path, socketPath } = await serve();
  await Bun.write(path, contents);
  const lost: string[] = [];
  const before = join(socketPath, "../later");
  const client = createClient({
    socketPath: before,
    line: {
      name: "ssh://edge",
      recover: async (error) => {
        lost.push(error.message);
        await (await import("node:fs/promises")).symlink(socketPath, before);
      },
    },
  });
  await client.upload(Bun.file(path));
  expect(lost).toEqual([
    'Cannot reach host-service on "ssh://edge": the connection was lost; ask again what the state is now',
  ]);
  expect(Buffer.compare(state.kept, contents)).toBe(0);
});
