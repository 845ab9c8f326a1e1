import { expect, test } from "bun:test";
import { imported } from "../source/imported.ts";

test("imported sees every kind of import", () => {
  const text = `
    import { a } from "value";
    import type { B } from "type";
    import { type C } from "named-type";
    import {
      type D,
      e,
    } from "mixed";
    import type * as F from "namespace-type";
    import "effect";
    export { g } from "again";
    export type { H } from "type-again";
    export type Own = { a: string };
    const i = await import("later");
  `;
  expect(imported(text).toSorted()).toEqual([
    "again",
    "effect",
    "later",
    "mixed",
    "named-type",
    "namespace-type",
    "type",
    "type-again",
    "value",
  ]);
});

test("imported leaves out what only looks like an import", () => {
  expect(imported('// import "comment"\nconst text = `import "text"`;\nexport { text };')).toEqual([]);
});
