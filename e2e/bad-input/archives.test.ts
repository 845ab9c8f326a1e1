// A rootfs archive that is none, that was cut off, damaged or added to, in every format.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { end, entry, joined } from "@host-service/fixtures";
import type { Device } from "../kit/device.ts";
import type { Answer } from "../kit/run.ts";
import { formats, needsPacker, packed } from "./compressed.ts";
import type { Format } from "./compressed.ts";
import { goodImage, goodTar, noise } from "./good-image.ts";
import { Table } from "./table.ts";

const table = new Table("archives");

function install(name: string, contents: string | Uint8Array): (device: Device) => Promise<Answer> {
  const path = join(table.workplace, name.replaceAll(/[^\w.-]+/gu, "-"));
  return (device) => {
    writeFileSync(path, contents);
    return device.hostctl("container", "install", goodImage().config, path);
  };
}

const strangers: readonly (readonly [name: string, contents: string | Uint8Array])[] = [
  ["text", "This is not an archive.\n".repeat(100)],
  ["one byte", "x"],
  ["a program", joined("\u007fELF\u0002\u0001\u0001", noise(4096))],
  ["a squashfs image", joined("hsqs", noise(4096))],
  ["a zip file", joined("PK\u0003\u0004", noise(4096))],
  ["a bzip2 file", joined("BZh91AY&SY", noise(4096))],
  ["noise", noise(8192, 7)],
  ["a disk of zeros and then something", joined(new Uint8Array(512), noise(4096))],
  ["half a tar header", goodTar().subarray(0, 300)],
  ["JSON that hides as YAML", '{"name":"edge"}\n'],
];
for (const [name, contents] of strangers) table.row(name, 5, install(name, contents));

const cuts: readonly (readonly [place: string, at: (bytes: number) => number])[] = [
  ["in its first bytes", () => 7],
  ["after a quarter", (bytes) => Math.floor(bytes / 4)],
  ["in the middle", (bytes) => Math.floor(bytes / 2)],
  ["1 KiB before its end", (bytes) => bytes - 1024],
  ["one byte before its end", (bytes) => bytes - 1],
];

for (const format of formats) {
  const unless = [needsPacker(format)];
  const whole = (): Promise<Uint8Array> => packed(goodTar("2.0.0"), format);
  const bad = (name: string, spoil: (whole: Uint8Array) => Uint8Array): void =>
    table.row(`${name}, ${format}`, 5, async (device) => await install(name, spoil(await whole()))(device), { unless });
  for (const [place, at] of cuts) bad(`cut off ${place}`, (bytes) => bytes.subarray(0, at(bytes.byteLength)));
  bad("a damaged byte in the middle", (bytes) => flipped(bytes, damagedAt(bytes, format)));
  bad("a damaged byte in the first block", (bytes) => flipped(bytes, format === "tar" ? 130 : 20));
  // What follows the end of a plain tar means nothing, as for every tar program.
  if (format !== "tar") bad("text after its end", (bytes) => joined(bytes, "and something more\n".repeat(60)));
  bad("an archive in the archive", (bytes) => joined(bytes.subarray(0, 600), bytes));
}

/** The contents of a plain tar have no checksum: there it is a header that is damaged. */
function damagedAt(bytes: Uint8Array, format: Format): number {
  return format === "tar" ? Buffer.from(bytes).indexOf("noise") + 1 : Math.floor(bytes.byteLength / 2);
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = (copy[at] ?? 0) ^ 0x55;
  return copy;
}

table.row("metadata that is no archive", 5, async (device) => {
  const meta = join(table.workplace, "meta.tar");
  writeFileSync(meta, "templates\n");
  const { config, rootfs } = goodImage();
  return await device.hostctl("container", "install", config, rootfs, meta);
});
table.row("metadata of more than 256 entries", 5, async (device) => {
  const meta = join(table.workplace, "meta.tar");
  const files = Array.from({ length: 300 }, (_, index) => entry({ name: `templates/${index}` }, "x"));
  writeFileSync(meta, joined(...files, end()));
  const { config, rootfs } = goodImage();
  return await device.hostctl("container", "install", config, rootfs, meta);
});
table.complete();
