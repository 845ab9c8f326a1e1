import { base256, end, entry, header, joined } from "@host-service/fixtures";
import { expect, test } from "bun:test";
import { ArtifactError } from "../../source/error.ts";
import { renamedHeader } from "../../source/tar/renamed-header.ts";
import { readHeader } from "../../source/tar/strict-header.ts";
import { TarArchive } from "../../source/tar/tar-archive.ts";
import { chunked } from "../kit/reading.ts";

const rules = { kind: "structure", cutOffKind: "truncated", what: "the file" } as const;

async function namesAndContents(bytes: Uint8Array, chunkBytes: number): Promise<[string, string][]> {
  const archive = new TarArchive(chunked(bytes, chunkBytes), rules);
  const found: [string, string][] = [];
  for (let member = await archive.next(); member !== undefined; member = await archive.next()) {
    found.push([member.name, Buffer.from(await archive.readAll()).toString()]);
  }
  return found;
}

test("TarArchive gives each file with its contents, whatever the pieces of its source are", async () => {
  const long = "n".repeat(100);
  const files: [string, string][] = [
    ["first", "one"],
    ["empty", ""],
    ["a/block", "x".repeat(512)],
    [long, "y".repeat(513)],
  ];
  const bytes = joined(...files.map(([name, text]) => entry({ name }, text)), end(), new Uint8Array(512));
  for (const chunkBytes of [1, 7, 512, 100_000]) expect(await namesAndContents(bytes, chunkBytes)).toEqual(files);
  expect(await namesAndContents(end(), 1024)).toEqual([]);
});

test("TarArchive says where its source has ended, at every byte", async () => {
  const bytes = joined(entry({ name: "first" }, "one"), entry({ name: "second" }, "two"), end());
  const messages = new Set<string>();
  for (let length = 0; length < bytes.byteLength; length++) {
    const error: unknown = await namesAndContents(bytes.subarray(0, length), 100).catch((caught: unknown) => caught);
    if (!(error instanceof ArtifactError)) throw new Error(`Cannot see an error at ${length}`);
    messages.add(`${error.kind}: ${error.message}`);
  }
  expect([...messages]).toEqual([
    "truncated: Cannot read the artifact: the file ends at the start",
    "truncated: Cannot read the artifact: the file ends inside first",
    "truncated: Cannot read the artifact: the file ends after first",
    "truncated: Cannot read the artifact: the file ends inside second",
    "truncated: Cannot read the artifact: the file ends after second",
  ]);
});

test("TarArchive goes on only after a member was read to its end", async () => {
  const archive = new TarArchive(chunked(joined(entry({ name: "first" }, "one"), end())), rules);
  await archive.next();
  expect(await archive.next().catch(String)).toBe(
    "Error: Cannot go on in an archive: a member was not read to its end",
  );
});

test("readHeader takes both forms of ustar, both type flags of a file and both forms of a size", () => {
  const taken = { name: "file", bytes: 8 };
  expect(readHeader(header({ size: 8 }))).toEqual(taken);
  expect(readHeader(header({ size: 8, magic: "gnu" }))).toEqual(taken);
  expect(readHeader(header({ size: 8, type: "\0" }))).toEqual(taken);
  expect(readHeader(header({ size: base256(8n, 12) }))).toEqual(taken);
  expect(readHeader(header({ size: "          10" }))).toEqual(taken);
  expect(readHeader(new Uint8Array(512))).toBe("zeros");
});

test("renamedHeader is the header of another file of the same owner, mode and time", () => {
  const block = header({ name: "manifest", size: 241, mode: 0o600, uid: 7, gid: 8, mtime: 9 });
  const renamed = renamedHeader(block, { name: "manifest.sig", bytes: 88 });
  const wanted = header({ name: "manifest.sig", size: 88, mode: 0o600, uid: 7, gid: 8, mtime: 9 });
  expect(Buffer.from(renamed).equals(wanted)).toBe(true);
});
