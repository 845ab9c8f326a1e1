import { expect, test } from "bun:test";
import { readArguments } from "../source/arguments.ts";

const cases: [string[], ReturnType<typeof readArguments>][] = [
  [[], { operands: [], values: {}, asked: new Set() }],
  [
    ["boot", "--config", "/a=b", "--boot-id=x=y"],
    { operands: ["boot"], values: { config: "/a=b", "boot-id": "x=y" }, asked: new Set() },
  ],
  [["-h"], { operands: [], values: {}, asked: new Set(["help"]) }],
  [["--version", "--help"], { operands: [], values: {}, asked: new Set(["version", "help"]) }],
  [
    ["seed", "--name", "edge", "-", "--", "--name"],
    { operands: ["seed", "-", "--name"], values: { name: "edge" }, asked: new Set() },
  ],
];

for (const [argv, read] of cases) {
  test(`readArguments reads ${JSON.stringify(argv)}`, () => expect(readArguments(argv)).toEqual(read));
}

const wrong: [string[], string][] = [
  [["--confg", "x"], 'there is no option "--confg"'],
  [["-c"], 'there is no option "-c"'],
  [["--config"], "--config needs a value"],
  [["--config="], "--config needs a value"],
  [["--config", "--help"], "--config needs a value"],
  [["--config", "a", "--config=b"], "--config was given twice"],
  [["--help=yes"], "--help takes no value"],
];

for (const [argv, message] of wrong) {
  test(`readArguments refuses ${JSON.stringify(argv)}`, () => expect(() => readArguments(argv)).toThrow(message));
}
