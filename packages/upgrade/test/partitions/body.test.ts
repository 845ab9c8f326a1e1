// The bodies of real requests: how they come into the job, and how they end.
import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { connect } from "node:net";
import { join } from "node:path";
import { install, type Installing, type Outcome, pattern, sha256 } from "../kit/installing.ts";
import { type LoopDisk, makeLoopDisk, mebibyte, skipWithoutLoop } from "../kit/loop-disk.ts";
import { expectNothingLeft } from "../kit/processes.ts";

const isSkipped = skipWithoutLoop();
// Each install starts four processes, and other tests keep the processors busy.
setDefaultTimeout(120_000);
afterEach(expectNothingLeft);

interface Server extends AsyncDisposable {
  readonly socket: string;
  readonly outcome: Promise<Outcome>;
}

/** Installs the body of the first request. */
function serve(disk: LoopDisk, installing: Installing = {}): Server {
  const socket = join(disk.directory, "socket");
  const { promise: outcome, resolve, reject } = Promise.withResolvers<Outcome>();
  const options = {
    unix: socket,
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    async fetch(request: Request) {
      const length = request.headers.get("content-length");
      const body = request.body ?? new ReadableStream<Uint8Array>();
      const source = { kind: "body" as const, body, bytesExpected: length === null ? undefined : Number(length) };
      await install(disk.slots.b, source, { signal: request.signal, ...installing }).then(resolve, reject);
      return new Response("over", { headers: { connection: "close" } });
    },
  };
  // The types forbid it on a Unix socket, where it counts all the same.
  Object.assign(options, { idleTimeout: 0 });
  const server = Bun.serve(options);
  return { socket, outcome, [Symbol.asyncDispose]: () => server.stop(true) };
}

const slotBytes = 32 * mebibyte;

for (const way of ["with its length", "in chunks"]) {
  test.skipIf(isSkipped)(`a body ${way} is installed`, async () => {
    using disk = makeLoopDisk({ slotBytes });
    await using server = serve(disk);
    const image = pattern(slotBytes);
    const body = way === "in chunks" ? chunksOf(image) : image;
    const answer = await fetch("http://device/", { unix: server.socket, method: "POST", body });
    expect(await answer.text()).toBe("over");
    const { image: found, refusal } = await server.outcome;
    expect({ refusal, id: found?.imageId }).toEqual({ refusal: undefined, id: `sha256:${sha256(image)}` });
  });
}

function chunksOf(contents: Uint8Array): ReadableStream<Uint8Array> {
  let position = 0;
  return new ReadableStream({
    pull(controller) {
      if (position >= contents.byteLength) return controller.close();
      controller.enqueue(contents.slice(position, position + 77_777));
      position += 77_777;
    },
  });
}

const head = `POST / HTTP/1.1\r\nHost: device\r\nContent-Length: ${slotBytes}\r\n\r\n`;

test.skipIf(isSkipped)("a sender that goes away cancels, and nothing is left", async () => {
  using disk = makeLoopDisk({ slotBytes });
  await using server = serve(disk, {
    beforeWriting: async () => void client.destroy(),
  });
  const client = connect(server.socket);
  client.write(head);
  client.write(pattern(3 * mebibyte));
  const { refusal } = await server.outcome;
  // Which is seen first, the signal of the request or the end of its body, is the runtime's affair.
  expect(["cancelled", "truncated"]).toContain(refusal?.kind ?? "");
  await expectNothingLeft();
});

test.skipIf(isSkipped)("a sender that stalls is given up, and the answer frees what its body held", async () => {
  using disk = makeLoopDisk({ slotBytes });
  await using server = serve(disk, { stallTimeoutMs: 700 });
  const client = connect(server.socket);
  client.write(head);
  client.write(pattern(mebibyte));
  expect((await server.outcome).refusal).toMatchObject({ by: "upgrade", kind: "stalled" });
  await expectNothingLeft();
  client.destroy();
});
