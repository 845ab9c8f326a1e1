// For every rule files that break it, what it says to them, and files that keep it. The rules do not read this file.

type Files = Record<string, string>;

const slots = {
  "packages/slots/package.json": '{"name":"@host-service/slots","dependencies":{"@host-service/disk":"workspace:*"}}',
};

/** Rule, files that break it, what it says, files that keep it. */
export const planted: [rule: string, broken: Files, complaints: string[], kept: Files][] = [
  [
    "importTable",
    {
      "packages/slots/package.json":
        '{"name":"@host-service/slots","dependencies":{"@host-service/protocol":"workspace:*"}}',
      "packages/slots/source/boot.ts": 'import type { Route } from "@host-service/protocol";\n',
      "packages/extra/package.json": '{"name":"@host-service/extra"}',
    },
    [
      'packages/slots/package.json: must not depend on "@host-service/protocol"',
      'packages/extra/package.json: "@host-service/extra" is not in the table of packages/tidy',
      'packages/slots/source/boot.ts: must not import "@host-service/protocol"',
    ],
    { ...slots, "packages/slots/source/boot.ts": 'import { lockFile } from "@host-service/disk";\n' },
  ],
  [
    "wrappedDependencies",
    {
      "packages/slots/source/record.ts": 'import * as v from "valibot";\n',
      "packages/hostctl/source/fast.ts": 'import { dlopen } from "bun:ffi";\n',
      "packages/host-service/source/http.ts": 'import { createConsola } from "consola/basic";\n',
    },
    [
      'packages/slots/source/record.ts: must not import "valibot"; it is wrapped in ^packages\\/schema\\/source\\/',
      'packages/hostctl/source/fast.ts: must not import "bun:ffi"; it is wrapped in ^packages\\/disk\\/(source|test)\\/',
      'packages/host-service/source/http.ts: must not import "consola/basic"; it is wrapped in ^packages\\/(hostctl\\/source\\/|host-service\\/source\\/log\\.ts$)',
    ],
    { "packages/schema/source/index.ts": 'export { object } from "valibot";\n' },
  ],
  [
    "relativeImports",
    { ...slots, "packages/slots/test/boot.test.ts": 'import { x } from "../../disk/source/index.ts";\n' },
    ['packages/slots/test/boot.test.ts: must not import "../../disk/source/index.ts" of another package by its path'],
    { ...slots, "packages/slots/test/boot.test.ts": 'import { x } from "../source/index.ts";\n' },
  ],
  [
    "noCircles",
    {
      "packages/slots/source/boot.ts": 'import { move } from "./move.ts";\n',
      "packages/slots/source/move.ts": 'import type { Place } from "./place.ts";\n',
      "packages/slots/source/place.ts": 'import type { Boot } from "./boot.ts";\n',
    },
    [
      "packages/slots/source/boot.ts: imports itself: packages/slots/source/boot.ts → packages/slots/source/move.ts → packages/slots/source/place.ts → packages/slots/source/boot.ts",
    ],
    {
      "packages/slots/source/boot.ts": 'import { move } from "./move.ts";\nimport { place } from "./place.ts";\n',
      "packages/slots/source/move.ts": 'import { place } from "./place.ts";\n',
      "packages/slots/source/place.ts": 'import path from "node:path";\n',
    },
  ],
  [
    "listedExports",
    { "packages/slots/source/index.ts": 'export * from "./boot.ts";\nexport default 5;\n' },
    [
      "packages/slots/source/index.ts:1: names have to be listed, not exported by a star",
      "packages/slots/source/index.ts:2: a name has to be exported, not a default",
    ],
    { "packages/slots/source/index.ts": 'export { boot } from "./boot.ts";\n' },
  ],
  [
    "exactVersions",
    { "package.json": '{"devDependencies":{"typescript":"^7.0.2","bun":"latest"}}' },
    [
      './package.json: "typescript" has to be an exact version, got "^7.0.2"',
      './package.json: "bun" has to be an exact version, got "latest"',
    ],
    { "package.json": '{"devDependencies":{"typescript":"7.0.2"}}', ...slots },
  ],
  [
    "lockfileWithoutAddresses",
    { "bun.lock": '"citty": ["citty@0.2.2", "https://registry.example/citty.tgz", {}]' },
    ['bun.lock:1: must not name "https://registry.example/citty.tgz"'],
    { "bun.lock": '"citty": ["citty@0.2.2", "", {}]' },
  ],
  [
    "fileLength",
    { "packages/slots/source/long.ts": "a\n".repeat(251), "packages/slots/test/long.test.ts": "a\n".repeat(601) },
    [
      "packages/slots/source/long.ts: has 251 lines, and 250 is the limit",
      "packages/slots/test/long.test.ts: has 601 lines, and 600 is the limit",
    ],
    { "packages/slots/source/long.ts": "a\n".repeat(250), "packages/slots/test/long.test.ts": "a\n".repeat(600) },
  ],
  [
    "speakingNames",
    {
      "packages/slots/source/utils/text.ts": "",
      "packages/slots/source/types.ts": "export class SlotManager {}\nclass UpdateService {}\n",
    },
    [
      'packages/slots/source/utils/text.ts: "utils" does not say what is in it',
      'packages/slots/source/types.ts: "types" does not say what is in it',
      'packages/slots/source/types.ts:1: "SlotManager" does not say what it does',
      'packages/slots/source/types.ts:2: "UpdateService" does not say what it does',
    ],
    { "packages/slots/source/record.ts": "export class Record {}\nfunction runHostService() {}\n" },
  ],
  [
    "unfinishedWork",
    { "packages/slots/source/boot.ts": "// TODO later\n", "README.md": "This is a HACK.\n" },
    ['packages/slots/source/boot.ts:1: "TODO" is left', 'README.md:1: "HACK" is left'],
    { "packages/slots/source/boot.ts": "// later boots count\n" },
  ],
  [
    "silencedChecks",
    {
      "packages/slots/test/a.test.ts":
        "const a = b as unknown as C;\n// @ts-ignore\n// oxlint-disable-next-line no-empty\n",
    },
    [
      "packages/slots/test/a.test.ts:1: a double assertion silences the compiler",
      'packages/slots/test/a.test.ts:2: "@ts-ignore" without a reason',
      'packages/slots/test/a.test.ts:3: "oxlint-disable-next-line" without " -- " and a reason',
    ],
    { "packages/slots/test/a.test.ts": "// oxlint-disable-next-line no-empty -- the file may be gone\n" },
  ],
  [
    "explainedSkips",
    { "packages/slots/test/a.test.ts": 'test.only("a", () => {});\ntest.skipIf(true)("b", () => {});\n' },
    [
      'packages/slots/test/a.test.ts:1: ".only(" is left; what cannot run is ".skipIf("',
      'packages/slots/test/a.test.ts: skips without "skipped: " and why',
    ],
    {
      "packages/slots/test/a.test.ts": 'import { isRoot } from "./root.ts";\ntest.skipIf(isRoot)("b", () => {});\n',
      "packages/slots/test/root.ts": 'if (isRoot) console.log("skipped: root may do everything");\nreader.skip();\n',
    },
  ],
  [
    "standsAlone",
    { "docs/setup.md": "cd /root/project\n", "bunfig.toml": 'registry = "https://registry.npmjs.org"\n' },
    [
      'docs/setup.md:1: "/root/project" is a path of one machine',
      'bunfig.toml:1: "registry.npmjs.org" is a choice of the machine',
    ],
    { "docs/setup.md": "cd /var/lib/host-service\n" },
  ],
  [
    "wholePackages",
    slots,
    ["packages/slots: has no README.md", "packages/slots: is not in the references of tsconfig.json"],
    { ...slots, "packages/slots/README.md": "", "tsconfig.json": '{"references":[{"path": "packages/slots"}]}' },
  ],
  [
    "mirroredTests",
    {
      "packages/slots/source/boot/resolve.ts": "",
      "packages/slots/source/record.ts": "",
      "packages/slots/test/record.test.ts": "",
    },
    ["packages/slots/source/boot: has no test in packages/slots/test/boot/"],
    {
      "packages/slots/source/boot/resolve.ts": "",
      "packages/slots/source/seed/seed.ts": "",
      "packages/slots/test/boot/resolve.test.ts": 'import { seed } from "../../source/seed/seed.ts";\nseed();\n',
    },
  ],
  [
    "errorText",
    {
      "packages/slots/source/boot.ts":
        'throw new Error("Cannot boot: no slot.");\nthrow new Error("Failed to boot");\n',
    },
    [
      "packages/slots/source/boot.ts:1: an error's text has no full stop",
      'packages/slots/source/boot.ts:2: "Failed to" has to be "Cannot"',
    ],
    { "packages/slots/source/boot.ts": 'throw new Error(`Cannot boot: "${slot}" is empty; install an image`);\n' },
  ],
  [
    "workingLinks",
    { "docs/a.md": "[the design](../ARCHITECTURE.md#states)\n" },
    ['docs/a.md: there is no "../ARCHITECTURE.md"'],
    {
      "docs/a.md": "[the design](../ARCHITECTURE.md#states), [docs](.), [web](https://example.org)\n",
      "ARCHITECTURE.md": "",
    },
  ],
  [
    "workingCommands",
    { "README.md": "Type `npm run demon`.\n", "package.json": '{"scripts":{"demo":"node setup.mjs demo"}}' },
    ['README.md:1: there is no task "demon"'],
    { "README.md": "Type `npm run demo`.\n", "package.json": '{"scripts":{"demo":"node setup.mjs demo"}}' },
  ],
];

/** One mistake a line, and the rule of the linter that finds it. */
export const mistakes: [rule: string, line: string][] = [
  ["typescript(no-floating-promises)", "Bun.sleep(1);"],
  ["typescript(no-explicit-any)", "export function take(value: any): void { void value; }"],
  ["typescript(ban-ts-comment)", "// @ts-ignore"],
  ["typescript(no-non-null-assertion)", "export const size = process.env[`SIZE`]!.length;"],
  ["typescript(no-unsafe-type-assertion)", "export const six = JSON.parse(`6`) as unknown as Map<string, string>;"],
  [
    "typescript(switch-exhaustiveness-check)",
    "export function one(word: `a` | `b`): void { switch (word) { case `a`: break; } }",
  ],
  ["eslint(no-empty)", "try { take(1); } catch {}"],
  ["eslint(no-console)", "console.log(1);"],
  ["eslint(no-unused-vars)", "const unused = 1;"],
];
