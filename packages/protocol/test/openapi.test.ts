import { expect, test } from "bun:test";
import written from "@host-service/protocol/openapi.json" with { type: "json" };
import { openApiDocument } from "../openapi/document.ts";
import { routes } from "@host-service/protocol";

test("openapi.json is what the routes and schemas say; mend it with bun packages/protocol/openapi/write.ts", () => {
  expect(JSON.parse(JSON.stringify(openApiDocument()))).toEqual(written);
});

test("openapi.json has every route", () => {
  const described = Object.values(written.paths).flatMap((methods) => Object.keys(methods));
  expect(described.length).toBe(Object.keys(routes).length);
});
