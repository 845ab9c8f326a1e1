import { expect, test } from "bun:test";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { has, packed, sampleBytes, withFile } from "./samples.ts";

const sample = sampleBytes(600_000);
const hasXz = has("xz");
const xz = (...options: string[]) => packed("xz", options, sample);
const join2 = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts));
const flipped = (bytes: Uint8Array, at: number) => bytes.map((byte, index) => (index === at ? byte ^ 0xff : byte));

async function decode(contents: Uint8Array) {
  return withFile(contents, async (fd, directory) => {
    mkdirSync(join(directory, "empty"));
    const root = openSync(join(directory, "empty"), "r");
    const job = Bun.spawn([process.execPath, join(import.meta.dir, "decode-job.ts"), "job", "decode", "tar.xz"], {
      stdio: [fd, "pipe", "pipe", root],
      env: {},
    });
    try {
      const [output, errors, status] = await Promise.all([job.stdout.bytes(), job.stderr.text(), job.exited]);
      return { status, output, failure: errors === "" ? undefined : JSON.parse(errors) };
    } finally {
      closeSync(root);
    }
  });
}

test.skipIf(!hasXz)("runDecodeJob decodes one block, many blocks, several streams and stream padding", async () => {
  const one = xz();
  const inputs = [
    { name: "one block", input: one, times: 1 },
    { name: "blocks", input: xz("--block-size=65536", "-T2"), times: 1 },
    { name: "no check", input: xz("--check=none"), times: 1 },
    { name: "crc32", input: xz("--check=crc32"), times: 1 },
    { name: "two streams", input: join2(one, one), times: 2 },
    { name: "padding", input: join2(one, new Uint8Array(8)), times: 1 },
    { name: "padding between", input: join2(one, new Uint8Array(4), one), times: 2 },
  ];
  for (const { name, input, times } of inputs) {
    const { status, output, failure } = await decode(input);
    const isSame = Buffer.from(output).equals(Buffer.concat(Array(times).fill(sample)));
    expect({ name, status, failure, isSame }).toEqual({ name, status: 0, failure: undefined, isSame: true });
  }
});

test.skipIf(!hasXz)(
  "runDecodeJob names what is wrong with its input",
  async () => {
    const good = xz();
    const inputs = {
      empty: new Uint8Array(),
      "cut in the header": good.subarray(0, 10),
      "cut in the middle": good.subarray(0, good.byteLength >> 1),
      "cut before the footer": good.subarray(0, -12),
      "cut in the footer": good.subarray(0, -1),
      "damaged block": flipped(good, good.byteLength >> 1),
      "damaged footer": flipped(good, good.byteLength - 8),
      "text behind it": join2(good, new TextEncoder().encode("and more")),
      "not xz": sample,
      "SHA-256": xz("--check=sha256"),
      "a filter for programs": xz("--x86", "--lzma2"),
      "a large dictionary": xz("--lzma2=dict=1GiB"),
    };
    const found: Record<string, unknown> = {};
    for (const [name, input] of Object.entries(inputs)) {
      const { status, failure } = await decode(input);
      found[name] = [status, failure?.kind, failure?.message];
    }
    const cut = [1, "truncated", "Cannot decode xz: it was cut off or something was appended; fetch it again"];
    const damaged = [1, "corrupt", "Cannot decode xz: its data is damaged; fetch it again"];
    expect(found).toEqual({
      empty: [1, "truncated", "Cannot decode xz: it is empty"],
      "cut in the header": cut,
      "cut in the middle": cut,
      "cut before the footer": cut,
      "cut in the footer": cut,
      "damaged block": damaged,
      "damaged footer": damaged,
      "text behind it": cut,
      "not xz": [1, "corrupt", "Cannot decode xz: it does not begin as xz data does"],
      "SHA-256": [
        1,
        "unsupported",
        "Cannot decode xz: the built-in decoder does not know its SHA-256 check; install xz-utils on the host",
      ],
      "a filter for programs": [
        1,
        "unsupported",
        "Cannot decode xz: the built-in decoder does not know one of its options; install xz-utils on the host",
      ],
      "a large dictionary": [
        1,
        "memory",
        "Cannot decode xz: it needs a larger dictionary than the built-in decoder has; install xz-utils on the host",
      ],
    });
  },
  30_000,
);

test("runDecodeJob says which format it does not know", async () => {
  const job = Bun.spawn([process.execPath, join(import.meta.dir, "decode-job.ts"), "job", "decode", "tar"], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {},
  });
  const [failure, status] = await Promise.all([job.stderr.json(), job.exited]);
  const message = 'Cannot decode the archive: its format "tar" is not known';
  expect({ failure, status }).toEqual({ failure: { kind: "failed", message }, status: 1 });
});

test.skipIf(!hasXz)("runDecodeJob ends when nobody reads any more", async () => {
  await withFile(xz(), async (fd, directory) => {
    const root = openSync(directory, "r");
    const job = Bun.spawn([process.execPath, join(import.meta.dir, "decode-job.ts"), "job", "decode", "tar.xz"], {
      stdio: [fd, "pipe", "pipe", root],
      env: {},
    });
    await job.stdout.cancel();
    expect(await job.exited).toBe(1);
    closeSync(root);
  });
});
