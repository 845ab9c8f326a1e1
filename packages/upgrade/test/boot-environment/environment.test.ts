import { expect, test } from "bun:test";
import { parseVariables } from "../../source/boot-environment/environment.ts";

test("parseVariables keeps what stands behind the first equals sign, and drops empty values", () => {
  expect([...parseVariables("a=1\nboot=setenv x=1; run y\nempty=\n=nameless\nno pair\n")]).toEqual([
    ["a", "1"],
    ["boot", "setenv x=1; run y"],
  ]);
  expect([...parseVariables("")]).toEqual([]);
});

test("parseVariables gives a name with two values both of them, which is no number", () => {
  expect([...parseVariables("a=1\na=1\n")]).toEqual([["a", "1"]]);
  // The second line may be a part of another variable's value.
  expect([...parseVariables("a=1\nscript=setenv\na=2\n")]).toEqual([
    ["a", "1\n2"],
    ["script", "setenv"],
  ]);
});
