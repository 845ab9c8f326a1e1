import { expect, test } from "bun:test";
import { ClientError } from "../source/error.ts";
import { readEvents, readLines } from "../source/events.ts";

async function* chunks(...texts: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield typeof text === "string" ? new TextEncoder().encode(text) : text;
}

test("readLines joins chunks, leaves heartbeats out and gives the last line without its end", async () => {
  const euro = new TextEncoder().encode("€");
  const stream = chunks("one\ntw", "o\n\n \r\n", euro.subarray(0, 1), euro.subarray(1), "\nlast");
  expect(await Array.fromAsync(readLines(stream))).toEqual(["one", "two", "€", "last"]);
});

test("readLines refuses a line above its limit, ended or not", async () => {
  for (const text of ["12345678901\n", "12345678901"]) {
    const reading = Array.fromAsync(readLines(chunks(text), 10));
    expect(await reading.catch((error: unknown) => error)).toEqual(
      new ClientError("protocol", "Cannot read the events of the operation: a line is longer than 10 bytes"),
    );
  }
  expect(await Array.fromAsync(readLines(chunks("1234567890\n"), 10))).toEqual(["1234567890"]);
});

test("readLines holds no more than one line of an endless one", async () => {
  let taken = 0;
  const endless = (async function* () {
    for (;;) {
      taken++;
      yield new Uint8Array(1000).fill(0x61);
    }
  })();
  await Array.fromAsync(readLines(endless, 5000)).catch(() => undefined);
  expect(taken).toBe(6);
});

const progress = { type: "progress", operation: "x", phase: "receive", bytes: 1 };

test("readEvents leaves out types that it does not know and refuses what is wrong in those that it knows", async () => {
  const later = chunks(`${JSON.stringify({ type: "later", phase: 5 })}\n${JSON.stringify(progress)}\n`);
  expect(await Array.fromAsync(readEvents(later))).toMatchObject([progress]);
  for (const line of ['{"type":"progress","phase":"dance"}', "no json", "5", '{"type":"error"}']) {
    const failure = await Array.fromAsync(readEvents(chunks(line))).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ClientError);
    expect(failure).toMatchObject({ kind: "protocol" });
  }
});
