import { hostileArtifacts } from "@host-service/fixtures";
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { attempt, chunked, hasXz, keys } from "./kit/reading.ts";

// Some of them take a process or two, and other tests run beside.
setDefaultTimeout(60_000);

const rows = hostileArtifacts.filter(({ needs }) => needs === undefined || hasXz);

test("M54 every class of section 6 that an artifact can be refused with is in the table, each row under a name of its own", () => {
  const kinds = new Set(hostileArtifacts.map(({ kind }) => kind));
  expect([...kinds].toSorted()).toEqual([
    "checksum",
    "header",
    "incompatible",
    "limit",
    "manifest",
    "not-an-artifact",
    "payload",
    "signature",
    "space",
    "structure",
    "truncated",
    "unsupported",
    "version",
  ]);
  expect(new Set(hostileArtifacts.map(({ name }) => name)).size).toBe(hostileArtifacts.length);
  expect(hostileArtifacts.filter(({ text }) => !text.startsWith("Cannot "))).toEqual([]);
});

describe("readUpgrade refuses", () => {
  test.each(rows.map((row) => [row.assertion, row.name, row] as const))("%s %s", async (_, __, row) => {
    const bytes = row.build(keys);
    const { error, sink } = await attempt(bytes);
    const text = error?.message.slice(0, row.text.length);
    expect({ kind: error?.kind, text }).toEqual({ kind: row.kind, text: row.text });
    // M31: what is refused before the payload leaves the slot alone.
    if (row.mayHaveWritten === undefined) expect(sink.begun).toBeUndefined();
    // M53: in pieces of another size the verdict is the same; one byte at a time where that takes no minute.
    const streamed = await attempt(chunked(bytes, bytes.byteLength < 100_000 ? 1 : 4099));
    expect({ kind: streamed.error?.kind, text: streamed.error?.message }).toEqual({
      kind: row.kind,
      text: error?.message,
    });
  });
});
