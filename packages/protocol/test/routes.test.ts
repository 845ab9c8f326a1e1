import { expect, test } from "bun:test";
import { isProblemCode, pathOf, problem, problemCodes, routes } from "@host-service/protocol";

test("pathOf fills in and escapes the parameters", () => {
  expect(pathOf("containerStatus", { name: "~" })).toBe("/v1/containers/~");
  expect(pathOf("operation", { id: "a/b" })).toBe("/v1/operations/a%2Fb");
  expect(() => pathOf("operation")).toThrow('the parameter "id" is missing');
});

test("routes have no method and path twice", () => {
  const keys = Object.values(routes).map(({ method, path }) => `${method} ${path}`);
  expect(new Set(keys).size).toBe(keys.length);
});

test("problem has the status and title of its code", () => {
  expect(problem("busy", "Cannot x: y", { operation: "1" })).toEqual({
    type: "urn:host-service:problem:busy",
    title: problemCodes.busy.title,
    status: 409,
    detail: "Cannot x: y",
    code: "busy",
    operation: "1",
  });
  expect(isProblemCode("busy")).toBe(true);
  expect(isProblemCode("toString")).toBe(false);
});

test("problem has the registered type of its code where there is one", () => {
  expect(problem("upload-offset", "Cannot x: y", { "expected-offset": 1, "provided-offset": 2 })).toMatchObject({
    type: "https://iana.org/assignments/http-problem-types#mismatching-upload-offset",
    code: "upload-offset",
    "expected-offset": 1,
    "provided-offset": 2,
  });
});
