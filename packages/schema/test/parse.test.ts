import { describe, expect, test } from "bun:test";
import {
  literal,
  nearest,
  number,
  optional,
  parse,
  record,
  SchemaError,
  strictObject,
  string,
  union,
  variant,
} from "@host-service/schema";

const schema = strictObject({
  name: string(),
  limits: optional(strictObject({ stall_timeout: optional(number()), uploads_max: optional(number()) })),
  devices: optional(
    record(
      string(),
      variant("type", [
        strictObject({ type: literal("disk"), path: string() }),
        strictObject({ type: literal("nic"), network: optional(string()) }),
      ]),
    ),
  ),
  source: optional(union([strictObject({ path: string() }), strictObject({ inline: string() })])),
});

function problem(input: unknown, isSecret?: (path: string) => boolean): string {
  try {
    parse(schema, input, { subject: "config.yaml", ...(isSecret ? { isSecret } : {}) });
  } catch (error) {
    if (error instanceof SchemaError) return error.message;
    throw error;
  }
  return "accepted";
}

describe("parse says what is wrong in one line", () => {
  const cases: [unknown, string][] = [
    [{ name: "edge" }, "accepted"],
    [{}, 'Cannot read config.yaml: the key "name" is missing'],
    [undefined, "Cannot read config.yaml: it is empty"],
    ["text", 'Cannot read config.yaml: it has to be a map, got "text"'],
    [{ name: 5 }, 'Cannot read config.yaml: "name" has to be a string, got 5'],
    [{ name: "a", device: {} }, 'Cannot read config.yaml: unknown key "device"; did you mean "devices"?'],
    [
      { name: "a", limits: { stal_timeout: 1 } },
      'Cannot read config.yaml: unknown key "stal_timeout" in "limits"; did you mean "stall_timeout"?',
    ],
    [{ name: "a", zzz: 1 }, 'Cannot read config.yaml: unknown key "zzz"; known here: name, limits, devices, source'],
    [
      { name: "a", devices: { root: { type: "disk", path: "/", paht: 1 } } },
      'Cannot read config.yaml: unknown key "paht" in "devices.root"; did you mean "path"?',
    ],
    [
      { name: "a", devices: { root: { type: "usb" } } },
      'Cannot read config.yaml: "devices.root.type" has to be "disk" or "nic", got "usb"',
    ],
    [{ name: "a", source: { path: 1 } }, 'Cannot read config.yaml: "source.path" has to be a string, got 1'],
  ];
  test.each(cases)("parse(%j)", (input, expected) => {
    expect(problem(input)).toBe(expected);
  });

  test("a secret value is never quoted", () => {
    expect(problem({ name: 12345 }, () => true)).toBe(
      'Cannot read config.yaml: "name" has to be a string, got a number',
    );
  });
});

describe("nearest", () => {
  test("finds the word with a letter missing, added or swapped", () => {
    expect(nearest("devises", ["name", "devices", "config"])).toBe("devices");
    expect(nearest("nmae", ["name", "devices"])).toBe("name");
  });
  test("finds nothing when nothing is near", () => {
    expect(nearest("zebra", ["name", "devices"])).toBeUndefined();
  });
});

test("parse says of a key that another branch of a union knows that it does not go with the others", () => {
  const source = union([strictObject({ path: string() }), strictObject({ inline: string() })]);
  const parsing = () => parse(source, { path: "/x", inline: "x" }, { subject: "the request" });
  expect(parsing).toThrow(
    'Cannot read the request: the key "inline" does not go with the others there; give one of path, inline',
  );
});

test("parse calls a list a list", () => {
  expect(() => parse(string(), [], { subject: "x" })).toThrow("Cannot read x: it has to be a string, got a list");
});
