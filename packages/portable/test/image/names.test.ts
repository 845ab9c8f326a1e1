import { expect, test } from "bun:test";
import { baseNameOf, confusedWith, isMatching, isPrefix, prefixOf, serviceOf } from "../../source/image/names.ts";

test("P1: prefixOf cuts at the first underscore, or takes the name without .raw; anything else is no prefix", () => {
  const names = "minimal_1.0 foo_0.7.raw dash-ed.dot_1_2 plain plain.raw bad!name_1 a+x_1 _1 -_1".split(" ");
  expect(names.map((name) => [name, prefixOf(name)])).toEqual([
    ["minimal_1.0", "minimal"],
    ["foo_0.7.raw", "foo"],
    ["dash-ed.dot_1_2", "dash-ed.dot"],
    ["plain", "plain"],
    ["plain.raw", "plain"],
    ["bad!name_1", undefined],
    ["a+x_1", undefined],
    ["_1", undefined],
    ["-_1", undefined],
  ]);
});

test("isPrefix refuses the word for all units", () => {
  expect(["-", "", ".", "..", "a b", "a/b", "a"].filter(isPrefix)).toEqual(["a"]);
});

test("isMatching wants the prefix, then a dash, a dot or an at sign, and a type that portabled knows", () => {
  const names = [
    "multi.service multi-x.service multi@.service multi@i.service multi.dot.service multi.socket multi.timer multi.path",
    "multi.target multix.service multi_under.service Multi.service multi multi.mount multi.slice multi.swap multi.device",
  ];
  expect(
    names
      .join(" ")
      .split(" ")
      .filter((name) => isMatching(name, ["multi"])),
  ).toEqual((names[0] ?? "").split(" ").concat("multi.target"));
});

test("baseNameOf makes the same name before the underscore for all versions, and another one for each slot", () => {
  const image = { service: "minimal", version: "1.0", slot: "a", kind: "directory" } as const;
  expect(baseNameOf(image)).toBe("minimal_1.0-a");
  expect(baseNameOf({ ...image, slot: "b", kind: "raw" })).toBe("minimal_1.0-b.raw");
  expect(serviceOf("minimal_1.0-b.raw")).toBe("minimal");
});

test.each(["a_b", "a.b", "a+b", "-a", "a-", "", "../a", "a".repeat(65)])(
  "baseNameOf refuses the service %p",
  (service) => {
    expect(() => baseNameOf({ service, version: "1", slot: "a", kind: "raw" })).toThrow("as a portable service's name");
  },
);

test.each(["1_0", "1+0", "", "1/0", "1 0"])("baseNameOf refuses the version %p", (version) => {
  expect(() => baseNameOf({ service: "a", version, slot: "a", kind: "raw" })).toThrow(
    "as a portable service's version",
  );
});

test("P23: confusedWith finds a name that begins like another one, in either order", () => {
  expect(confusedWith("minimal", ["other", "minimalfoo"])).toBe("minimalfoo");
  expect(confusedWith("minimalfoo", ["minimal"])).toBe("minimal");
  expect(confusedWith("minimal", ["minimal", "mini-mal", "max"])).toBeUndefined();
});
