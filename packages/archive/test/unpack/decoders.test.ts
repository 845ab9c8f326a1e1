import { closeSync, openSync, readFileSync, readdirSync, truncateSync, writeFileSync } from "node:fs";
import { readXattrs } from "@host-service/disk";
import { compareTrees, end, entry, joined, readTree } from "@host-service/fixtures";
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { unpack } from "../../source/unpack/unpack.ts";
import {
  type Unpacking,
  Workshop,
  childProcesses,
  everyAs,
  program,
  refusalOf,
  run,
  unpackFile,
} from "./kit/unpacking.ts";

setDefaultTimeout(60_000);

interface Way {
  readonly name: string;
  readonly pack: readonly string[];
  readonly suffix: string;
  readonly options: Unpacking;
}

const ways: readonly Way[] = [
  { name: "xz by the system's xz", pack: ["xz", "--block-size=64KiB"], suffix: "xz", options: { xz: "system" } },
  { name: "xz by the built-in decoder", pack: ["xz"], suffix: "xz", options: { xz: "built-in" } },
  { name: "zstd", pack: ["zstd", "-q"], suffix: "zst", options: {} },
  { name: "gzip", pack: ["gzip"], suffix: "gz", options: {} },
];
const cases = ways.flatMap((way) =>
  everyAs.map((as) => [`${way.name}, as ${as}`, { ...way, options: { ...way.options, as } }] as const),
);

/** Not compressible, so that half of the packed file is half of the archive. */
function noise(bytes: number): Uint8Array {
  const contents = new Uint8Array(bytes);
  let state = 1;
  for (let at = 0; at < bytes; at += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    contents[at] = state >>> 16;
  }
  return contents;
}

const archive = joined(
  ...Array.from({ length: 20 }, (_, index) => entry({ name: `d/file-${index}` }, noise(50_000 + index))),
  end(),
);

async function packed(workshop: Workshop, way: Way, contents: Uint8Array = archive): Promise<string> {
  const path = workshop.file("archive.tar", contents);
  expect(await run([...way.pack, path], workshop.path)).toEqual({ exitCode: 0, errors: "" });
  return `${path}.${way.suffix}`;
}

describe.each(cases)("unpack of %s", (_, way) => {
  test("makes what the plain tar makes", async () => {
    await using workshop = new Workshop();
    const plain = workshop.directory("plain", way.options.as);
    const plainReport = await unpackFile(workshop.file("plain.tar", archive), plain, { as: way.options.as ?? "self" });
    const ours = workshop.directory("ours", way.options.as);
    const report = await unpackFile(await packed(workshop, way), ours, way.options);
    expect(report).toEqual(plainReport);
    const [left, right] = [readTree(plain, readXattrs), readTree(ours, readXattrs)].map(withoutImplied);
    expect(compareTrees(left ?? new Map(), right ?? new Map())).toEqual([]);
  });

  test("says that a file was cut off", async () => {
    await using workshop = new Workshop();
    const path = await packed(workshop, way);
    truncateSync(path, Math.floor(readFileSync(path).byteLength / 2));
    expect((await refusalOf(path, workshop.directory("ours", way.options.as), way.options)).kind).toBe("truncated");
  });

  test("says that the last bytes are missing", async () => {
    await using workshop = new Workshop();
    const path = await packed(workshop, way);
    truncateSync(path, readFileSync(path).byteLength - 4);
    expect((await refusalOf(path, workshop.directory("ours", way.options.as), way.options)).kind).toBe("truncated");
  });

  test("says that the middle is damaged", async () => {
    await using workshop = new Workshop();
    const path = await packed(workshop, way);
    const bytes = readFileSync(path);
    bytes.fill(0x5a, bytes.byteLength / 2, bytes.byteLength / 2 + 64);
    writeFileSync(path, bytes);
    expect((await refusalOf(path, workshop.directory("ours", way.options.as), way.options)).kind).toBe("corrupt");
  });

  test("takes no garbage after the end", async () => {
    await using workshop = new Workshop();
    const path = await packed(workshop, way);
    writeFileSync(path, joined(readFileSync(path), "garbage garbage garbage "));
    const { kind } = await refusalOf(path, workshop.directory("ours", way.options.as), way.options);
    expect(["corrupt", "truncated"]).toContain(kind);
  });

  test("names the entry that is refused, and not the decoder that it left", async () => {
    await using workshop = new Workshop();
    const path = await packed(workshop, way, joined(entry({ name: "../evil" }, noise(1_000_000)), end()));
    const { kind, entry: named } = await refusalOf(path, workshop.directory("ours", way.options.as), way.options);
    expect({ kind, named }).toEqual({ kind: "entry-refused", named: "../evil" });
  });

  test("refuses a bomb for what it says", async () => {
    await using workshop = new Workshop();
    const path = await packed(workshop, way, joined(entry({ name: "bomb" }, new Uint8Array(16 * 1024 * 1024)), end()));
    const directory = workshop.directory("ours", way.options.as);
    const limits = { entriesMax: 10, unpackedBytesMax: 1024 * 1024 };
    const { kind, entry: named } = await refusalOf(path, directory, { ...way.options, limits });
    expect({ kind, named }).toEqual({ kind: "too-large", named: "bomb" });
    expect(readdirSync(directory)).toEqual([]);
  });
});

test("unpack reads damage after the end of the archive", async () => {
  await using workshop = new Workshop();
  const [way] = ways;
  if (way === undefined) throw new Error("no way to pack");
  const path = await packed(workshop, way, joined(archive, noise(500_000)));
  const bytes = readFileSync(path);
  bytes.fill(0x5a, bytes.byteLength - 100_000, bytes.byteLength - 99_000);
  writeFileSync(path, bytes);
  expect((await refusalOf(path, workshop.directory("ours"), { xz: "system" })).kind).toBe("corrupt");
});

test("unpack ignores what a decoder finds sound after the end of the archive", async () => {
  await using workshop = new Workshop();
  const path = workshop.file("archive.tar", joined(archive, noise(5000)));
  expect((await unpackFile(path, workshop.directory("ours"))).entries).toBe(20);
});

test("unpack takes several zstd frames, and skippable ones, as one archive", async () => {
  await using workshop = new Workshop();
  const middle = 300_000;
  const frames = [archive.subarray(0, middle), archive.subarray(middle)].map((part) => Bun.zstdCompressSync(part));
  const skippable = Uint8Array.of(0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3);
  const path = workshop.file("archive", joined(frames[0] ?? "", skippable, frames[1] ?? ""));
  expect((await unpackFile(path, workshop.directory("ours"))).entries).toBe(20);
});

test("unpack leaves no process behind", () => {
  expect(childProcesses()).toEqual([]);
});

/** Directories that no entry names have the time at which they were made. */
function withoutImplied<Entry>(tree: Map<string, Entry>): Map<string, Entry> {
  return new Map([...tree].filter(([name]) => name !== "" && name !== "d"));
}

test("unpack takes an archive that is the last part of its file, and nothing else", async () => {
  await using workshop = new Workshop();
  const path = workshop.file("bundle", joined("x".repeat(1000), archive));
  const fd = openSync(path, "r");
  const limits = { entriesMax: 100, unpackedBytesMax: 10_000_000 };
  try {
    const last = { fd, offset: 1000, bytes: archive.byteLength };
    expect((await unpack({ program, archive: last, directory: workshop.directory("a"), limits })).entries).toBe(20);
    const cut = { ...last, bytes: archive.byteLength - 1 };
    const failure = unpack({ program, archive: cut, directory: workshop.directory("b"), limits });
    expect(await failure.catch((error: unknown) => String(error))).toContain("it is not the last part of its file");
    const beyond = { ...last, bytes: archive.byteLength + 1 };
    const missing = unpack({ program, archive: beyond, directory: workshop.directory("c"), limits });
    expect(await missing.catch((error: unknown) => String(error))).toContain("1 of its bytes are missing");
  } finally {
    closeSync(fd);
  }
});
