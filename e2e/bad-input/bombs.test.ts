// Small files that would become very large, or very many.
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { once } from "node:events";
import { base256, end, entry, header, joined } from "@host-service/fixtures";
import type { Device } from "../kit/device.ts";
import { needsTools } from "../kit/requirements.ts";

import type { Answer } from "../kit/run.ts";
import { needsPacker, packed } from "./compressed.ts";
import { goodImage } from "./good-image.ts";
import { Table } from "./table.ts";

const bombBytes = 100 * 1024 ** 3;
const stepBytes = 64 * 1024 ** 2;
const zeros = new Uint8Array(stepBytes);
const formats = ["tar.xz", "tar.zst", "tar.gz"] as const;
type Format = (typeof formats)[number];

/** An archive whose beginning is followed by zeros without end: streams of all three formats may follow each other. */
async function bomb(table: Table, format: Format, wishes: { beginning: Uint8Array; bytes: number; states?: boolean }) {
  const { beginning, bytes, states = false } = wishes;
  const path = join(table.workplace, `bomb.${format}`);
  const sizeOf = (count: number): string[] => (states && format === "tar.zst" ? [`--stream-size=${count}`] : []);
  const file = createWriteStream(path);
  file.write(await packed(beginning, format, sizeOf(beginning.byteLength)));
  const step = await packed(zeros, format, sizeOf(stepBytes));
  for (let written = 0; written < bytes; written += stepBytes) {
    if (!file.write(step)) await once(file, "drain");
  }
  file.end();
  await once(file, "close");
  return path;
}

async function install(device: Device, path: string): Promise<Answer> {
  return await device.hostctl("container", "install", goodImage().config, path);
}

const table = new Table("bombs");
for (const format of formats) {
  const unless = [needsPacker(format)];
  const claimed = header({ name: "zeros", size: base256(BigInt(bombBytes), 12) });
  table.row(
    `100 GiB of zeros in one file, ${format}`,
    5,
    async (device) => await install(device, await bomb(table, format, { beginning: claimed, bytes: bombBytes })),
    { unless },
  );
}
table.row(
  "100 GiB of zeros in one file, tar.zst that states its size",
  5,
  async (device) => {
    const beginning = header({ name: "zeros", size: base256(BigInt(bombBytes), 12) });
    // So few frames that they are all measured.
    return await install(device, await bomb(table, "tar.zst", { beginning, bytes: 200 * stepBytes, states: true }));
  },
  { unless: [needsPacker("tar.zst")] },
);
table.complete();

const small = new Table("bombs that lie", {
  device: { limits: { unpacked_bytes_max: 64 * 1024 * 1024 } },
});
for (const format of formats) {
  const unless = [needsPacker(format)];
  small.row(
    `1 GiB of zeros after its end, ${format}`,
    5,
    async (device) => await install(device, await bomb(small, format, { beginning: end(), bytes: 16 * stepBytes })),
    { unless },
  );
}
small.row(
  "a zstd frame that states less than it holds",
  5,
  async (device) => {
    const path = join(small.workplace, "lies.tar.zst");
    const honest = await packed(joined(entry({ name: "zeros" }, new Uint8Array(8 * 1024 ** 2)), end()), "tar.zst", [
      `--stream-size=${8 * 1024 ** 2 + 1536}`,
    ]);
    // The frame content size: 4 bytes behind the magic, the descriptor and the window.
    new DataView(honest.buffer).setUint32((honest[4] ?? 0) & 0x20 ? 5 : 6, 1536, true);
    await Bun.write(path, honest);
    return await install(device, path);
  },
  { unless: [needsPacker("tar.zst")] },
);
small.row(
  "100,000 empty entries",
  5,
  async (device) => {
    const path = join(small.workplace, "entries.tar.zst");
    await Bun.write(path, await packed(emptyFiles(100_000), "tar.zst"));
    return await install(device, path);
  },
  { unless: [needsTools("zstd")] },
);
small.complete();

/** A frame of a million names, ten times: the names come again only where nobody looks any more. */
const many = new Table("ten million entries", { device: { limits: { entries_max: 100_000 } } });
many.row(
  "10 million empty entries",
  5,
  async (device) => {
    const path = join(many.workplace, "entries.tar.zst");
    const million = await packed(emptyFiles(1_000_000), "tar.zst");
    await Bun.write(path, joined(...Array.from({ length: 10 }, () => million), await packed(end(), "tar.zst")));
    const startedAt = performance.now();
    const answer = await install(device, path);
    const tookMs = Math.round(performance.now() - startedAt);
    console.log(`10 million empty entries: refused at 100,000 and all removed again after ${tookMs} ms`);
    return answer;
  },
  { unless: [needsTools("zstd")] },
);
many.complete();

/** Headers that differ in their digits alone, so that their checksums can be reckoned. */
function emptyFiles(count: number): Uint8Array {
  const digits = 8;
  const pattern = header({ name: `f${"0".repeat(digits)}`, raw: [[148, "        "]] });
  const base = pattern.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 32 : byte), 0);
  const bytes = new Uint8Array(count * 512);
  for (let index = 0; index < count; index += 1) {
    const at = index * 512;
    bytes.set(pattern, at);
    let sum = base;
    for (let digit = digits, rest = index; digit > 0; digit -= 1, rest = Math.floor(rest / 10)) {
      bytes[at + digit] = 48 + (rest % 10);
      sum += rest % 10;
    }
    const text = sum.toString(8).padStart(6, "0");
    for (let place = 0; place < 6; place += 1) bytes[at + 148 + place] = text.charCodeAt(place);
    bytes[at + 154] = 0;
    bytes[at + 155] = 32;
  }
  return bytes;
}
