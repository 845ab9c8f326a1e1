import { expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import type { InboxLimits, ReceiveOptions, ReceiveProgress } from "../../source/index.ts";
import { chunk, chunkedHead, openClient, type Outcome, sizedHead, startReceiver } from "../receiver.ts";
import { pattern, type ProgramName, sha256, until, Workshop } from "../workshop.ts";

interface Setting {
  limits?: Partial<InboxLimits>;
  program?: ProgramName;
  receive?: (request: Request) => ReceiveOptions;
}

/** One server and one client; afterwards nothing may be left of a failed reception. */
async function meet(
  setting: Setting,
  run: (parts: {
    workshop: Workshop;
    receiver: ReturnType<typeof startReceiver>;
    client: ReturnType<typeof openClient>;
  }) => Promise<void>,
): Promise<void> {
  using workshop = new Workshop();
  const inbox = await workshop.inbox(setting);
  const socketPath = workshop.path("socket");
  await using receiver = startReceiver(inbox, { socketPath, ...setting });
  using client = openClient(socketPath);
  await run({ workshop, receiver, client });
  await workshop.expectNothingLeft();
}

function errorOf(outcome: Outcome) {
  if ("error" in outcome) return outcome.error;
  throw new Error("Cannot compare: it was received");
}

function fileOf(outcome: Outcome) {
  if ("file" in outcome) return outcome.file;
  throw outcome.error;
}

/** How much is in the one file of the inbox; also before there is one. */
function arrived(workshop: Workshop): number {
  const [name] = readdirSync(workshop.path("inbox"));
  return name === undefined ? 0 : statSync(workshop.path(`inbox/${name}`)).size;
}

test("receiveBody: a body with Content-Length becomes a private, verified file", async () => {
  await meet({}, async ({ receiver, client }) => {
    client.send(sizedHead(10));
    client.send("0123");
    client.send("456789");
    const file = fileOf(await receiver.next());
    const { path, fd } = file;
    expect(file).toMatchObject({ bytes: 10, sha256: sha256("0123456789") });
    expect(readFileSync(path, "utf8")).toBe("0123456789");
    expect(statSync(path).mode & 0o7777).toBe(0o600);
    // Flags: O_CLOEXEC and the size bit alone, so for reading alone; and nothing has moved the offset.
    const info = readFileSync(`/proc/self/fdinfo/${fd}`, "utf8");
    expect(info).toMatch(/^pos:\t0\nflags:\t0[0-7]*0\n/);
    await file.discard();
  });
});

test("receiveBody: a chunked body without a length is received whole", async () => {
  await meet({}, async ({ receiver, client }) => {
    client.send(chunkedHead + chunk("abc"));
    client.send(`${chunk("def")}0\r\n\r\n`);
    const file = fileOf(await receiver.next());
    expect(readFileSync(file.path, "utf8")).toBe("abcdef");
    await file.discard();
  });
});

test("receiveBody: a body above 1 MiB is hashed by the job, and progress ends at the whole in both phases", async () => {
  const contents = pattern(3 * 1024 * 1024 + 5);
  const bytes = contents.byteLength;
  const seen: ReceiveProgress[] = [];
  const receive = () => ({
    sha256: sha256(contents).toUpperCase(),
    onProgress: (at: ReceiveProgress) => void seen.push(at),
  });
  await meet({ receive }, async ({ receiver, client }) => {
    client.send(sizedHead(bytes));
    client.send(contents);
    const file = fileOf(await receiver.next());
    expect(file.sha256).toBe(sha256(contents));
    expect(seen.filter((at) => at.bytes === bytes)).toContainEqual({
      phase: "receive",
      bytes,
      bytesTotal: bytes,
    });
    expect(seen.at(-1)).toEqual({ phase: "verify", bytes, bytesTotal: bytes });
    await file.discard();
  });
});

test("receiveBody: what follows the announced length is not part of the file", async () => {
  await meet({}, async ({ receiver, client }) => {
    client.send(`${sizedHead(3)}abcdefgh`);
    const file = fileOf(await receiver.next());
    expect(readFileSync(file.path, "utf8")).toBe("abc");
    await file.discard();
  });
});

test("receiveBody: a body that stops coming is stalled, and the answer closes its connection", async () => {
  await meet({ limits: { stallTimeoutMs: 100 } }, async ({ workshop, receiver, client }) => {
    client.send(`${sizedHead(10)}abc`);
    const error = errorOf(await receiver.next());
    expect(error.problem).toEqual({ kind: "stalled", stallTimeoutMs: 100 });
    expect(readdirSync(workshop.path("inbox"))).toEqual([]);
    await client.closed;
    expect(client.answer()).toStartWith("HTTP/1.1 408 ");
  });
});

test("receiveBody: a body that comes slowly, but comes, is not stalled", async () => {
  let bytesSeen = 0;
  const receive = () => ({ onProgress: ({ bytes }: ReceiveProgress) => void (bytesSeen = bytes) });
  await meet({ limits: { stallTimeoutMs: 800 }, receive }, async ({ receiver, client }) => {
    client.send(sizedHead(6));
    const startMs = performance.now();
    for (let index = 0; index < 6; index += 1) {
      client.send("x");
      // Progress is told every 200 ms at most: six bytes take longer than the stall timer.
      await until(() => bytesSeen === index + 1, `byte ${index + 1} has arrived`);
    }
    const file = fileOf(await receiver.next());
    expect(performance.now() - startMs).toBeGreaterThan(800);
    await file.discard();
  });
});

test("receiveBody: a client that leaves midway is incomplete", async () => {
  await meet({}, async ({ workshop, receiver, client }) => {
    client.send(`${sizedHead(10)}abc`);
    await until(() => arrived(workshop) === 3, "three bytes have arrived");
    client.socket.destroy();
    const error = errorOf(await receiver.next());
    expect(error.problem).toEqual({ kind: "incomplete", bytes: 3, bytesExpected: 10 });
  });
});

test("receiveBody: a short body with a half-close is incomplete", async () => {
  await meet({}, async ({ workshop, receiver, client }) => {
    client.send(`${sizedHead(10)}abcd`);
    await until(() => arrived(workshop) === 4, "four bytes have arrived");
    client.socket.end();
    const error = errorOf(await receiver.next());
    expect(error.problem).toEqual({ kind: "incomplete", bytes: 4, bytesExpected: 10 });
  });
});

test("receiveBody: a chunked body that ends without its last chunk is incomplete", async () => {
  await meet({}, async ({ workshop, receiver, client }) => {
    client.send(chunkedHead + chunk("abc"));
    await until(() => arrived(workshop) === 3, "three bytes have arrived");
    client.socket.end();
    const error = errorOf(await receiver.next());
    expect(error.problem).toEqual({ kind: "incomplete", bytes: 3, bytesExpected: undefined });
  });
});

test("receiveBody: a whole body that is not as long as was said elsewhere is incomplete", async () => {
  await meet({ receive: () => ({ bytesExpected: 7 }) }, async ({ receiver, client }) => {
    client.send(`${sizedHead(3)}abc`);
    const error = errorOf(await receiver.next());
    expect(error.problem).toEqual({ kind: "incomplete", bytes: 3, bytesExpected: 7 });
  });
});

test("receiveBody: an announced length above the limit is refused before the first byte", async () => {
  await meet({ limits: { imageBytesMax: 9 } }, async ({ receiver, client }) => {
    client.send(sizedHead(10));
    const error = errorOf(await receiver.next());
    expect(error.message).toBe(
      'Cannot receive "body": it has at least 10 bytes, the limit is 9 bytes; ' +
        "raise limits.image_bytes_max in the daemon's configuration if it is wanted",
    );
  });
});

test("receiveBody: a chunked body is stopped when it passes the limit, while it goes on", async () => {
  await meet({ limits: { imageBytesMax: 1000 } }, async ({ receiver, client }) => {
    client.send(chunkedHead + chunk("x".repeat(1001)));
    const error = errorOf(await receiver.next());
    expect(error.problem).toMatchObject({ kind: "too-large", bytes: 1001, bytesMax: 1000 });
    await client.closed;
  });
});

test("receiveBody: a chunked body that ends above the limit before anybody looked is refused", async () => {
  await meet({ limits: { imageBytesMax: 5 } }, async ({ receiver, client }) => {
    client.send(`${chunkedHead}${chunk("abcdef")}0\r\n\r\n`);
    expect(errorOf(await receiver.next()).kind).toBe("too-large");
  });
});

for (const [what, head] of [
  ["Content-Length 0", sizedHead(0)],
  ["no body at all", "POST / HTTP/1.1\r\nHost: device\r\n\r\n"],
  ["a chunked body without a chunk", `${chunkedHead}0\r\n\r\n`],
] as const) {
  test(`receiveBody: ${what} is empty`, async () => {
    await meet({}, async ({ receiver, client }) => {
      client.send(head);
      expect(errorOf(await receiver.next()).problem).toEqual({ kind: "empty" });
    });
  });
}

test("receiveBody: another digest than expected names both", async () => {
  const expected = sha256("something else");
  await meet({ receive: () => ({ sha256: expected, name: "rootfs" }) }, async ({ receiver, client }) => {
    client.send(`${sizedHead(3)}abc`);
    const error = errorOf(await receiver.next());
    expect(error.message).toBe(
      `Cannot receive "rootfs": its sha-256 is "${sha256("abc")}", expected "${expected}"; ` +
        "send it again, or correct the digest",
    );
  });
});

test("receiveBody: the signal cancels while the body arrives", async () => {
  const controller = new AbortController();
  await meet({ receive: () => ({ signal: controller.signal }) }, async ({ workshop, receiver, client }) => {
    client.send(`${sizedHead(10)}abc`);
    await until(() => readdirSync(workshop.path("inbox")).length === 1, "the file is there");
    controller.abort();
    expect(errorOf(await receiver.next()).problem).toEqual({ kind: "cancelled" });
    await client.closed;
  });
});

test("receiveBody: a signal that has fired already cancels before anything is read", async () => {
  await meet({ receive: () => ({ signal: AbortSignal.abort() }) }, async ({ receiver, client }) => {
    client.send(`${sizedHead(10)}abc`);
    expect(errorOf(await receiver.next()).problem).toEqual({ kind: "cancelled" });
  });
});

test("receiveBody: the signal cancels while the digest is made", async () => {
  const controller = new AbortController();
  const contents = pattern(2 * 1024 * 1024);
  const onProgress = ({ bytes }: ReceiveProgress) => {
    if (bytes === contents.byteLength) queueMicrotask(() => controller.abort());
  };
  const receive = () => ({ signal: controller.signal, onProgress });
  await meet({ program: "hang", receive }, async ({ receiver, client }) => {
    client.send(sizedHead(contents.byteLength));
    client.send(contents);
    expect(errorOf(await receiver.next()).problem).toEqual({ kind: "cancelled" });
  });
});

test("receiveBody: memory stays flat while 256 MiB arrive", async () => {
  const bytes = 256 * 1024 * 1024;
  let residentMax = 0;
  const onProgress = () => void (residentMax = Math.max(residentMax, process.memoryUsage.rss()));
  await meet({ receive: () => ({ onProgress }) }, async ({ workshop, receiver }) => {
    const path = workshop.path("image");
    writeFileSync(path, "");
    truncateSync(path, bytes);
    Bun.gc(true);
    const residentBefore = process.memoryUsage.rss();
    const answer = await fetch("http://device/", {
      unix: receiver.socketPath,
      method: "POST",
      body: Bun.file(path),
    });
    expect(answer.status).toBe(200);
    const file = fileOf(await receiver.next());
    expect(file.bytes).toBe(bytes);
    expect((residentMax - residentBefore) / 1024 / 1024).toBeLessThan(48);
    await file.discard();
  });
});
