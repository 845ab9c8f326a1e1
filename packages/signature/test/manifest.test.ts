import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { checkIdentity, checkParts, parseManifest, writeManifest } from "../source/index.ts";
import { bytesOf, kindOf, messageOf } from "./kit.ts";

const part = (digit: string, bytes: number) => ({ sha256: digit.repeat(64), bytes });
const members = {
  name: "edge",
  version: "1.5.0",
  parts: { "config.yaml": part("a", 80), "rootfs.tar.xz": part("b", 4096) },
};
const manifest = parseManifest(bytesOf(writeManifest(members)));
const parts = { config: part("a", 80), rootfs: part("b", 4096) };

describe("parseManifest", () => {
  test("reads what writeManifest wrote", () => {
    expect(manifest).toEqual({ format: 1, ...members });
  });

  const json = (change: object) => JSON.stringify({ format: 1, ...members, ...change });
  const refusals: readonly (readonly [text: string | Uint8Array, why: string])[] = [
    ["", "it is not JSON"],
    [new Uint8Array([0xff]), "it is not JSON"],
    ["[]", 'the key "format" is missing'],
    [json({ format: 2 }), '"format" has to be 1, got 2'],
    [json({ parts: {}, part: {} }), 'unknown key "part"; did you mean "parts"?'],
    [json({ name: "" }), '"name": has to have a value'],
    [json({ version: 1.5 }), '"version" has to be a string, got 1.5'],
    [
      json({ parts: { "../rootfs.tar": part("a", 1) } }),
      '"parts.../rootfs.tar": is not the name of a part of an image',
    ],
    [json({ parts: { "rootfs.tar": { ...part("a", 1), sha256: "A".repeat(64) } } }), "digits"],
    [json({ parts: { "rootfs.tar": part("a", 0) } }), "has to be at least 1"],
    [json({ parts: { "rootfs.tar": part("a", 1), "rootfs.tar.xz": part("a", 1) } }), 'it names two parts "rootfs"'],
    [" ".repeat(70_000), "it has 70000 bytes, and at most 65536 are read"],
  ];
  test.each(refusals)("%p is refused", (text, why) => {
    const message = messageOf(() => parseManifest(typeof text === "string" ? bytesOf(text) : text));
    expect(message).toStartWith("Cannot read the manifest: ");
    expect(message).toEndWith(why);
  });
});

test("parseManifest gives a manifest or a SignatureError, whatever comes", () => {
  const json = fc.json().map(bytesOf);
  const close = fc.record({ format: fc.constant(1), name: fc.string(), version: fc.string(), parts: fc.object() });
  const input = fc.oneof(
    json,
    fc.uint8Array({ maxLength: 200 }),
    close.map((value) => bytesOf(JSON.stringify(value))),
  );
  fc.assert(fc.property(input, (bytes) => ["none", "manifest-invalid"].includes(kindOf(() => parseManifest(bytes)))));
});

describe("checkParts", () => {
  test("the parts that were signed are accepted, however the archive is packed", () => {
    expect(kindOf(() => checkParts(manifest, parts))).toBe("none");
  });
  const refusals: readonly (readonly [kind: string, given: Parameters<typeof checkParts>[1]])[] = [
    ["manifest-mismatch", { ...parts, config: part("c", 80) }],
    ["manifest-mismatch", { ...parts, rootfs: part("b", 4097) }],
    ["extra-part", { ...parts, meta: part("c", 10) }],
  ];
  test.each(refusals)("%s", (kind, given) => {
    expect(kindOf(() => checkParts(manifest, given))).toBe(kind);
  });
  test("a part that is named and not there is missed", () => {
    const withMeta = { ...manifest, parts: { ...manifest.parts, "meta.tar": part("c", 10) } };
    expect(messageOf(() => checkParts(withMeta, parts))).toBe(
      'Cannot verify the image: its manifest names "meta.tar", which is missing',
    );
  });
  test("a manifest that names nothing fits no image", () => {
    expect(kindOf(() => checkParts({ ...manifest, parts: {} }, parts))).toBe("extra-part");
  });
});

describe("checkIdentity", () => {
  test("what config.yaml does not say cannot differ", () => {
    expect(kindOf(() => checkIdentity(manifest, {}))).toBe("none");
    expect(kindOf(() => checkIdentity(manifest, { name: "edge", version: "1.5.0" }))).toBe("none");
  });
  test("another name or version is another image", () => {
    expect(messageOf(() => checkIdentity(manifest, { name: "spare", version: "1.5.0" }))).toBe(
      'Cannot verify the image: its manifest is of name "edge", its config.yaml of "spare"',
    );
    expect(kindOf(() => checkIdentity(manifest, { name: "edge", version: "1.4.0" }))).toBe("wrong-image");
  });
});
