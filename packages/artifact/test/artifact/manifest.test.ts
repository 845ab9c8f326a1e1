import fc from "fast-check";
import { expect, test } from "bun:test";
import { compressionOf } from "../../source/artifact/compressed-member.ts";
import { parseManifest } from "../../source/artifact/manifest.ts";
import { ArtifactError } from "../../source/error.ts";

const sum = (digit: string): string => digit.repeat(64);
const lines = [
  `${sum("a")}  data/0000/rootfs.img`,
  `${sum("b")}  header.tar.gz`,
  `${sum("c")}  version`,
  `${sum("d")}  data/0000/${"~".repeat(100)}`,
];
const bytesOf = (text: readonly string[]): Uint8Array => Buffer.from(text.map((line) => `${line}\n`).join(""));

test("parseManifest takes its lines in any order", () => {
  for (const order of [lines, lines.toReversed()]) {
    const { version, header, files } = parseManifest(bytesOf(order));
    expect({ version, header }).toEqual({ version: sum("c"), header: { name: "header.tar.gz", sha256: sum("b") } });
    expect(Object.fromEntries(files)).toEqual({ "rootfs.img": sum("a"), ["~".repeat(100)]: sum("d") });
  }
});

test("M20 parseManifest refuses names that are no file's, and every manifest with a byte more or less", () => {
  const kind = (line: string): string => {
    try {
      parseManifest(bytesOf([...lines, line]));
      return "taken";
    } catch (error) {
      return error instanceof ArtifactError ? error.kind : String(error);
    }
  };
  const refused = [
    "data/0000/",
    "data/0000/.",
    "data/0000/..",
    "data/0000/a/b",
    `data/0000/${"n".repeat(101)}`,
    "data/000/x",
    "/data/0000/x",
    "header.tar.bz2",
    "header.tar.xz",
    "Version",
  ];
  expect(refused.filter((name) => kind(`${sum("e")}  ${name}`) !== "manifest")).toEqual([]);
  expect(kind(`${sum("e")}  data/0001/x`)).toBe("unsupported");
  expect(kind(`${sum("e")}  data/0000/x`)).toBe("taken");
  expect(kind(`${sum("g")}  data/0000/x`)).toBe("manifest");
  const whole = bytesOf(lines);
  for (let at = 0; at < whole.byteLength; at++) {
    const shorter = Buffer.concat([whole.subarray(0, at), whole.subarray(at + 1)]);
    // A shorter name of a file is another one; every other byte is needed.
    try {
      const { files } = parseManifest(shorter);
      expect([...files.keys()]).not.toEqual(["rootfs.img", "~".repeat(100)]);
    } catch (error) {
      expect(error).toBeInstanceOf(ArtifactError);
    }
  }
});

test("parseManifest reads whatever comes, or throws an ArtifactError", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(3), (noise, at) => {
      const order = [...lines];
      order.splice(at, 0, Buffer.from(noise).toString("latin1"));
      try {
        parseManifest(Buffer.from(order.map((line) => `${line}\n`).join(""), "latin1"));
      } catch (error) {
        expect(error).toBeInstanceOf(ArtifactError);
      }
    }),
  );
});

test("compressionOf knows the four suffixes and no other", () => {
  const suffixes = ["", ".gz", ".xz", ".zst", ".bz2", ".gz.gz", ".GZ", "."];
  expect(suffixes.map((suffix) => compressionOf(`header.tar${suffix}`, "header.tar"))).toEqual([
    "none",
    "gzip",
    "xz",
    "zstd",
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  expect(compressionOf("data/0000.tar", "header.tar")).toBeUndefined();
});
