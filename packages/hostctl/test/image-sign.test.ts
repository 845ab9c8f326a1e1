// image sign, verify, and build with a signature that was made elsewhere. Ed25519 always gives the same signature, so its files can be
// compared as a whole.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expectGolden, transcript } from "./golden.ts";
import { run } from "./run.ts";

/** Made by `minisign -GW`; it signs nothing but this test. */
const secretKey = `untrusted comment: minisign encrypted secret key
RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABHnoc/WNNtaHVdHXbtqaDGMngqZ5y9+G0Khc/PlCAF+IY9J8jQ9XauEjBHGVLRVgfncPR0PWRvUakYgwfiPMC2HTbVhlh1tfAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
`;
const publicKey = "RWQEeehz9Y021uEjBHGVLRVgfncPR0PWRvUakYgwfiPMC2HTbVhlh1tf";
const otherKey = "RWSdQOk4Br+jMWLfxofQek5ABdMLASZVhUV30qJpyARAJ6HcwMEZC/Io";

let directory = "";
const at = (name: string): string => join(directory, name);
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "hostctl-sign-"));
  await Bun.write(at("config.yaml"), 'name: edge\nversion: "1.5.0"\n');
  await Bun.write(at("other.yaml"), 'name: edge\nversion: "1.4.0"\n');
  await Bun.write(at("nameless.yaml"), 'version: "1.5.0"\n');
  await Bun.write(at("rootfs.tar"), new Uint8Array(10_240));
  await Bun.write(at("edge.key"), secretKey);
  await Bun.write(at("edge.pub"), `untrusted comment: minisign public key D6368DF573E87904\n${publicKey}\n`);
  await Bun.write(at("other.pub"), `${otherKey}\n`);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

test("image sign, verify and build answers", async () => {
  const lines = [
    "image build plain.tar config.yaml rootfs.tar",
    "image verify plain.tar --key edge.pub",
    "image sign config.yaml rootfs.tar",
    "image sign config.yaml rootfs.tar --secret-key edge.pub",
    "image sign config.yaml rootfs.tar --secret-key missing",
    "image sign nameless.yaml rootfs.tar --secret-key edge.key",
    "image sign config.yaml rootfs.tar --secret-key edge.key --trusted-comment 1.5.0 --json",
    "image sign config.yaml rootfs.tar --secret-key edge.key",
    "image sign config.yaml rootfs.tar --secret-key edge.key --out out.tar",
    "image sign config.yaml rootfs.tar --manifest-only --manifest again",
    "image verify config.yaml rootfs.tar --manifest manifest --key other.pub --key edge.pub",
    `image verify config.yaml rootfs.tar --manifest manifest --key ${publicKey} --json`,
    "image verify config.yaml rootfs.tar --manifest manifest --key other.pub",
    "image verify config.yaml rootfs.tar --manifest manifest",
    "image verify config.yaml rootfs.tar --key edge.pub",
    "image verify config.yaml rootfs.tar --manifest again --key edge.pub",
    "image verify other.yaml rootfs.tar --manifest manifest --key edge.pub",
    "image verify config.yaml rootfs.tar --signature manifest.sig --key edge.pub",
    "image verify config.yaml rootfs.tar --manifest manifest --key edge.key",
    "image build other.tar other.yaml rootfs.tar --manifest manifest",
    "image build signed.tar config.yaml rootfs.tar --manifest manifest --signature manifest.sig",
    "image inspect signed.tar",
    "image verify signed.tar --key edge.pub",
    "image verify signed.tar --key edge.pub --manifest manifest",
    "image sign plain.tar --secret-key edge.key --trusted-comment 1.5.0 --manifest again",
    "image sign plain.tar --secret-key edge.key --trusted-comment 1.5.0 --out signed.tar",
    "image sign plain.tar --secret-key edge.key --trusted-comment 1.5.0",
    "image sign rootfs.tar --detached",
    "image sign config.yaml rootfs.tar --detached --secret-key edge.key",
    "image sign missing.tar.xz --detached --secret-key edge.key",
    "image sign rootfs.tar --detached --secret-key edge.key --out signed",
    "image sign rootfs.tar --detached --secret-key edge.key --trusted-comment 1.5.0",
    "image sign rootfs.tar --detached --secret-key edge.key --trusted-comment 1.5.0",
    "container install signed.tar --manifest manifest",
    "container install config.yaml rootfs.tar --manifest again",
  ];
  const parts: string[] = [];
  for (const line of lines) {
    const argv = line.split(" ");
    parts.push(transcript(argv, await run(argv, { directory })));
  }
  await expectGolden("image-sign.txt", parts.join("\n").replaceAll(directory, "."));
  const text = async (name: string) => await Bun.file(at(name)).text();
  expect(await text("again")).toBe(await text("manifest"));
  expect(await text("manifest.sig")).toStartWith("untrusted comment: signature of edge by hostctl\nRUQEeehz9Y021");
  // Signing a bundle and building one with a signature lead to the same file.
  expect(await text("plain.tar")).toBe(await text("signed.tar"));
  expect((await readdir(directory)).filter((name) => name.endsWith(".partial") || name === "out.tar")).toEqual([]);
}, 60_000);
