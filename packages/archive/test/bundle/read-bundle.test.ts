import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { readBytes, readFile, run, tarOf, withDirectory } from "./bundles.ts";

const config = { name: "config.yaml", contents: "name: edge\n" };
const rootfs = { name: "rootfs.tar.xz", contents: "r".repeat(700) };
const meta = { name: "meta.tar.xz", contents: "m" };
const manifest = { name: "manifest", contents: "{}" };
const signature = { name: "manifest.sig", contents: "s" };

test("readBundle gives every part's place, in order", async () => {
  const bundle: unknown = await readBytes(await tarOf([manifest, signature, config, meta, rootfs]));
  const parts = [
    { role: "manifest", name: "manifest", offset: 512, bytes: 2 },
    { role: "signature", name: "manifest.sig", offset: 1536, bytes: 1 },
    { role: "config", name: "config.yaml", offset: 2560, bytes: 11 },
    { role: "meta", name: "meta.tar.xz", offset: 3584, bytes: 1 },
    { role: "rootfs", name: "rootfs.tar.xz", offset: 4608, bytes: 700 },
  ];
  expect(bundle).toEqual({ parts, config: parts[2], rootfs: parts[4] });
});

test.each(["--format=gnu", "--format=ustar", "--format=pax", "--format=v7"])(
  "readBundle reads what GNU tar %s wrote, with ./ before the names",
  async (format) => {
    await withDirectory((directory) => {
      writeFileSync(join(directory, "config.yaml"), config.contents);
      writeFileSync(join(directory, "rootfs.tar"), rootfs.contents);
      run(directory, "tar", format, "-cf", "bundle.tar", "./config.yaml", "./rootfs.tar");
      const bundle = readFile(join(directory, "bundle.tar"));
      const parts = typeof bundle === "string" ? bundle : bundle.parts.map(({ name, bytes }) => ({ name, bytes }));
      expect(parts).toEqual([
        { name: "config.yaml", bytes: 11 },
        { name: "rootfs.tar", bytes: 700 },
      ]);
    });
  },
);

test("readBundle refuses members by name", async () => {
  const order = "the order is manifest, manifest.sig, config.yaml, meta.tar.xz, rootfs.tar.xz";
  const holds = "a bundle holds manifest, manifest.sig, config.yaml, meta.tar.xz, rootfs.tar.xz";
  const cases = {
    nothing: [],
    "no config": [rootfs],
    "no rootfs": [config],
    "wrong order": [rootfs, config],
    "meta last": [config, rootfs, meta],
    repeated: [config, config, rootfs],
    "two formats": [config, rootfs, { ...rootfs, name: "rootfs.tar.zst" }],
    unknown: [config, { name: "README\u001b[31m", contents: "x" }, rootfs],
    outside: [{ ...config, name: "../config.yaml" }, rootfs],
    absolute: [{ ...config, name: "/config.yaml" }, rootfs],
    prototype: [{ ...config, name: "constructor" }, rootfs],
    "a link": [{ name: "config.yaml", type: "symlink", linkname: "/etc/passwd" } as const, rootfs],
    "a directory": [{ name: "config.yaml", type: "directory" } as const, rootfs],
    "empty config": [{ name: "config.yaml", contents: "" }, rootfs],
    "empty rootfs": [config, { name: "rootfs.tar.xz", contents: "" }],
    "large config": [{ name: "config.yaml", contents: "#".repeat(1024 * 1024 + 1) }, rootfs],
    "large signature": [manifest, { name: "manifest.sig", contents: "#".repeat(65_537) }, config, rootfs],
    "manifest alone": [manifest, config, rootfs],
    "signature alone": [signature, config, rootfs],
    "renamed by pax": [config, { ...rootfs, pax: { path: "rootfs.tar" } }],
    "resized by pax": [config, { ...rootfs, pax: { size: "7" } }],
  };
  const found: Record<string, unknown> = {};
  for (const [name, members] of Object.entries(cases)) found[name] = await readBytes(await tarOf(members));
  expect(found).toEqual({
    nothing: "bundle: Cannot read the bundle: config.yaml is missing; make it anew with hostctl image build",
    "no config": "bundle: Cannot read the bundle: config.yaml is missing; make it anew with hostctl image build",
    "no rootfs": "bundle: Cannot read the bundle: rootfs.tar.xz is missing; make it anew with hostctl image build",
    "wrong order": `bundle: Cannot read the bundle: "config.yaml" comes after "rootfs.tar.xz"; ${order}`,
    "meta last": `bundle: Cannot read the bundle: "meta.tar.xz" comes after "rootfs.tar.xz"; ${order}`,
    repeated: 'bundle: Cannot read the bundle: "config.yaml" comes twice; make it anew with hostctl image build',
    "two formats":
      'bundle: Cannot read the bundle: "rootfs.tar.zst" comes twice; make it anew with hostctl image build',
    unknown: `bundle: Cannot read the bundle: unknown member "README\\x1b[31m"; ${holds}; a rootfs alone goes after its config.yaml`,
    outside: `bundle: Cannot read the bundle: unknown member "../config.yaml"; ${holds}; a rootfs alone goes after its config.yaml`,
    absolute: `bundle: Cannot read the bundle: unknown member "/config.yaml"; ${holds}; a rootfs alone goes after its config.yaml`,
    prototype: `bundle: Cannot read the bundle: unknown member "constructor"; ${holds}; a rootfs alone goes after its config.yaml`,
    "a link":
      'bundle: Cannot read the bundle: "config.yaml" is not a regular file; make it anew with hostctl image build',
    "a directory":
      'bundle: Cannot read the bundle: "config.yaml" is not a regular file; make it anew with hostctl image build',
    "empty config": 'bundle: Cannot read the bundle: "config.yaml" is empty; make it anew with hostctl image build',
    "empty rootfs": 'bundle: Cannot read the bundle: "rootfs.tar.xz" is empty; make it anew with hostctl image build',
    "large config": 'bundle: Cannot read the bundle: "config.yaml" has 1048577 bytes; at most 1048576 are taken',
    "large signature": 'bundle: Cannot read the bundle: "manifest.sig" has 65537 bytes; at most 65536 are taken',
    "manifest alone":
      "bundle: Cannot read the bundle: manifest comes without manifest.sig; make it anew with hostctl image build",
    "signature alone":
      "bundle: Cannot read the bundle: manifest.sig comes without manifest; make it anew with hostctl image build",
    "renamed by pax":
      "bundle: Cannot read the bundle: a pax header changes a name or a size; make it with hostctl image build, or with tar --format=gnu",
    "resized by pax":
      "bundle: Cannot read the bundle: a pax header changes a name or a size; make it with hostctl image build, or with tar --format=gnu",
  });
});

test("readBundle refuses a bundle that was cut at any byte", async () => {
  const whole = await tarOf([config, rootfs]);
  const contentsEnd = 512 * 3 + 512 + 1024;
  for (let bytes = 0; bytes < whole.byteLength; bytes += 97) {
    const answer = await readBytes(whole.subarray(0, bytes));
    // One block of zeros is the end, as for tar itself.
    if (bytes >= contentsEnd) expect(typeof answer).toBe("object");
    else expect(answer).toStartWith("truncated: Cannot read the bundle: it ends ");
  }
});

test("readBundle refuses what is not a tar at all", async () => {
  expect(await readBytes(new TextEncoder().encode("x".repeat(2000)))).toBe(
    "corrupt: Cannot read the bundle: there is no tar header at its start; make one with hostctl image build",
  );
});

test("readBundle gives parts inside of the file, or an ArchiveError, for any damage", async () => {
  const whole = await tarOf([manifest, signature, config, meta, rootfs]);
  const damage = fc.array(fc.tuple(fc.nat(whole.byteLength - 1), fc.nat(255)), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(damage, async (bytes) => {
      const damaged = whole.slice();
      for (const [at, byte] of bytes) damaged[at] = byte;
      const answer = await readBytes(damaged);
      const isInside =
        typeof answer === "string" || answer.parts.every((part) => part.offset + part.bytes <= whole.byteLength);
      expect(isInside).toBe(true);
    }),
    { numRuns: 300 },
  );
});
