import { expect, test } from "bun:test";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildBundle } from "../../source/bundle/build-bundle.ts";
import { readFile, tarOf, withDirectory } from "./bundles.ts";

async function withImage(use: (at: (name: string) => string, directory: string) => Promise<void>): Promise<void> {
  await withDirectory(async (directory) => {
    const at = (name: string) => join(directory, name);
    writeFileSync(at("edge.yaml"), "name: edge\n");
    writeFileSync(at("image"), Bun.zstdCompressSync(await tarOf([{ name: "etc/hostname", contents: "edge\n" }])));
    await use(at, directory);
  });
}

test("buildBundle names the parts by what they are and leaves only the bundle", async () => {
  await withImage(async (at, directory) => {
    const built = await buildBundle(at("edge.bundle"), { config: at("edge.yaml"), rootfs: at("image") });
    const contents = readFileSync(at("edge.bundle"));
    expect(built).toEqual({
      path: at("edge.bundle"),
      bytes: contents.byteLength,
      sha256: new Bun.CryptoHasher("sha256").update(contents).digest("hex"),
      parts: ["config.yaml", "rootfs.tar.zst"],
    });
    expect(typeof readFile(at("edge.bundle"))).toBe("object");
    expect(readdirSync(directory).toSorted()).toEqual(["edge.bundle", "edge.yaml", "image"]);
  });
});

test("buildBundle refuses what a host would refuse, and writes nothing", async () => {
  await withImage(async (at, directory) => {
    writeFileSync(at("bad.yaml"), "nmae: edge\n");
    writeFileSync(at("text"), "hello\n");
    writeFileSync(at("empty"), "");
    writeFileSync(at("cut"), readFileSync(at("image")).subarray(0, -1));
    const good = { config: at("edge.yaml"), rootfs: at("image") };
    const attempts = [
      { ...good, config: at("bad.yaml") },
      { ...good, rootfs: at("text") },
      { ...good, rootfs: at("empty") },
      { ...good, rootfs: at("cut") },
      { ...good, rootfs: at("none") },
      { ...good, manifest: at("text") },
    ];
    const messages: string[] = [];
    for (const files of attempts) {
      const outcome = buildBundle(at("out"), files);
      messages.push(
        await outcome.then(
          () => "built",
          (error: Error) => error.message.replaceAll(directory, "DIR"),
        ),
      );
    }
    messages.push(
      await buildBundle(at("no/out"), good).then(
        () => "built",
        (error: Error) => error.message.slice(0, 13),
      ),
    );
    expect(messages).toEqual([
      'Cannot read config.yaml: unknown key "nmae"; did you mean "name"?',
      'Cannot read "DIR/text": its beginning is of no known format; give a tar, plain or packed with xz, zstd or gzip',
      'Cannot read "DIR/empty": it is empty',
      'Cannot read "DIR/cut": its zstd data was cut off; fetch it again',
      'Cannot read "DIR/none": there is no such file',
      "Cannot build the bundle: a manifest and its signature come together or not at all",
      "Cannot write ",
    ]);
    expect(existsSync(at("out"))).toBe(false);
  });
});
