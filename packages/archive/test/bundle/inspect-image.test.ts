import { expect, test } from "bun:test";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildBundle } from "../../source/bundle/build-bundle.ts";
import { inspectImage } from "../../source/bundle/inspect-image.ts";
import { tarOf, withDirectory } from "./bundles.ts";

const sha256 = (bytes: Uint8Array | string) => new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
const config = 'name: edge\nversion: "7"\nruntime: none\narchitecture: amd64\n';
const summary = {
  name: "edge",
  version: "7",
  runtime: "none",
  architecture: "x86_64",
  rootfs: "overlay",
  trial: { commit: "manual", boots: 1 },
  config: {},
  image: {},
  volatile: {},
  devices: {},
} as const;

test("inspectImage tells a config, an archive of each format and a bundle apart by content", async () => {
  await withDirectory(async (directory) => {
    const at = (name: string) => join(directory, name);
    const tar = await tarOf([{ name: "etc/hostname", contents: "edge\n" }]);
    const gzip = Bun.gzipSync(Buffer.from(tar));
    const zstd = Bun.zstdCompressSync(tar);
    writeFileSync(at("a"), config);
    writeFileSync(at("b"), tar);
    writeFileSync(at("c"), gzip);
    writeFileSync(at("d"), zstd);
    const built = await buildBundle(at("e"), { config: at("a"), rootfs: at("d") });
    const unpackedBytes = tar.byteLength;
    const archive = { kind: "archive", unpackedBytes, isLowerBound: false } as const;
    const zstdPart = {
      format: "tar.zst",
      bytes: zstd.byteLength,
      sha256: sha256(zstd),
      unpackedBytes,
      isLowerBound: false,
    } as const;
    expect(["a", "b", "c", "d", "e"].map((name) => inspectImage(at(name)))).toEqual([
      { kind: "config", bytes: config.length, sha256: sha256(config), config: summary },
      { ...archive, format: "tar", bytes: tar.byteLength, sha256: sha256(tar) },
      { ...archive, format: "tar.gz", bytes: gzip.byteLength, sha256: sha256(gzip), isLowerBound: true },
      { kind: "archive", ...zstdPart },
      {
        kind: "bundle",
        bytes: statSync(at("e")).size,
        sha256: built.sha256,
        parts: [
          { name: "config.yaml", bytes: config.length, sha256: sha256(config) },
          { name: "rootfs.tar.zst", ...zstdPart },
        ],
        config: summary,
      },
    ]);
  });
});

test("inspectImage says what is wrong with a config, a cut bundle and anything else", async () => {
  await withDirectory(async (directory) => {
    const at = (name: string) => join(directory, name);
    const bundle = await tarOf([{ name: "config.yaml", contents: config }]);
    const files = [
      Buffer.from("type: vm\n"),
      bundle,
      bundle.subarray(0, 600),
      Buffer.from(""),
      Buffer.from("\u0000\u0001"),
      Buffer.from([0x61, 0xff]),
    ];
    const messages = files.map((contents, index) => {
      writeFileSync(at(`${index}`), contents);
      try {
        return inspectImage(at(`${index}`)).kind;
      } catch (error) {
        return error instanceof Error ? error.message : error;
      }
    });
    expect(messages).toEqual([
      'Cannot read config.yaml: "type" has to be "container", got "vm"',
      "Cannot read the bundle: rootfs.tar.xz is missing; make it anew with hostctl image build",
      'Cannot read the bundle: it ends after "config.yaml"; fetch it again',
      "Cannot read the archive: it is empty; give a tar, plain or packed with xz, zstd or gzip",
      "Cannot read the archive: its beginning is of no known format; give a tar, plain or packed with xz, zstd or gzip",
      "Cannot read config.yaml: it is not text in UTF-8",
    ]);
  });
});
