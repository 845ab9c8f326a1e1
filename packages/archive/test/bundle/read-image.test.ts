import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { entry, end, joined } from "@host-service/fixtures";
import { buildBundle, readBundlePart, readImage, writeBundle } from "../../source/index.ts";

let directory = "";
const at = (name: string): string => join(directory, name);
const sha256 = (bytes: Uint8Array): string => new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
const rootfs = joined(entry({ name: "etc/os-release" }, "ID=edge\n"), end());
const config = 'name: edge\nversion: "1.5.0"\n';
const files = () => ({ config: at("config.yaml"), rootfs: at("root.tar") });

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "read-image-"));
  await Bun.write(at("config.yaml"), config);
  await Bun.write(at("root.tar"), rootfs);
  await Bun.write(at("manifest"), "{}\n");
  await Bun.write(at("manifest.sig"), "signature\n");
});
afterAll(() => rm(directory, { recursive: true }));

describe("readImage", () => {
  test("files and the bundle of them have the same parts", async () => {
    await buildBundle(at("bundle.tar"), files());
    const seen = (image: ReturnType<typeof readImage>) =>
      image.parts.map(({ role, name, bytes, sha256: digest }) => ({ role, name, bytes, digest }));
    const expected = [
      { role: "config", name: "config.yaml", bytes: config.length, digest: sha256(Buffer.from(config)) },
      { role: "rootfs", name: "rootfs.tar", bytes: rootfs.byteLength, digest: sha256(rootfs) },
    ] as const;
    expect(seen(readImage(files()))).toEqual([...expected]);
    const image = readImage(at("bundle.tar"));
    expect(seen(image)).toEqual([...expected]);
    expect([image.config.version, image.manifest, image.signature]).toEqual(["1.5.0", undefined, undefined]);
  });

  test("a manifest and its signature are given apart from the parts", async () => {
    const signed = { ...files(), manifest: at("manifest"), signature: at("manifest.sig") };
    await buildBundle(at("signed.tar"), signed);
    for (const image of [readImage(signed), readImage(at("signed.tar"))]) {
      expect(image.parts.map(({ role }) => role)).toEqual(["config", "rootfs"]);
      expect(Buffer.from(image.manifest!).toString()).toBe("{}\n");
      expect(Buffer.from(image.signature!).toString()).toBe("signature\n");
    }
    expect(Buffer.from(readBundlePart(at("signed.tar"), "signature")!).toString()).toBe("signature\n");
  });
});

test("writeBundle packs pieces of another bundle, and replaces that bundle by itself", async () => {
  await buildBundle(at("again.tar"), files());
  const before = await readFile(at("again.tar"));
  const { parts } = readImage(at("again.tar"));
  await writeBundle(at("again.tar"), parts);
  expect(sha256(await readFile(at("again.tar")))).toBe(sha256(before));
  await writeBundle(at("again.tar"), [
    { name: "manifest", contents: "{}\n" },
    { name: "manifest.sig", contents: "signature\n" },
    ...readImage(at("again.tar")).parts,
  ]);
  const built = await buildBundle(at("same.tar"), {
    ...files(),
    manifest: at("manifest"),
    signature: at("manifest.sig"),
  });
  expect(sha256(await readFile(at("again.tar")))).toBe(built.sha256);
});
