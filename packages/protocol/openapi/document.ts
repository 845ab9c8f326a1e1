// The OpenAPI document, made of the route table and the schemas: see write.ts for when.
import { jsonSchema } from "@host-service/schema/json-schema";
import { problemCodes } from "../source/codes.ts";
import { Problem, problemContentType } from "../source/problem.ts";
import { routes } from "../source/routes.ts";
import type { Route } from "../source/routes/route.ts";
import packageFile from "../package.json" with { type: "json" };

export function openApiDocument(): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [operationId, route] of Object.entries<Route>(routes)) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(operationId, route) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Host Service",
      version: packageFile.version,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    paths,
    components: {
      schemas: {
        Problem: { ...jsonSchema(Problem), description: `code: ${Object.keys(problemCodes).join(", ")}` },
      },
    },
  };
}

function operation(operationId: string, route: Route): Record<string, unknown> {
  const names = [...route.path.matchAll(/\{(\w+)\}/g)].flatMap((match) => match[1] ?? []);
  return {
    operationId,
    summary: route.summary,
    ...(names.length === 0 ? {} : { parameters: names.map(parameter) }),
    ...(route.request === undefined && route.body === undefined ? {} : { requestBody: requestBody(route) }),
    responses: {
      [String(route.status ?? 200)]: {
        description: "Done",
        ...(route.status === 204 ? {} : { content: content(route) }),
      },
      default: {
        description: "A problem document (RFC 9457)",
        content: { [problemContentType]: { schema: { $ref: "#/components/schemas/Problem" } } },
      },
    },
  };
}

function parameter(name: string): Record<string, unknown> {
  return { name, in: "path", required: true, schema: { type: "string" } };
}

function requestBody(route: Route): Record<string, unknown> {
  const json = route.request === undefined ? {} : { "application/json": { schema: jsonSchema(route.request) } };
  const stream = route.body === undefined ? {} : { [route.body]: { schema: { type: "string", format: "binary" } } };
  return { content: { ...json, ...stream } };
}

function content(route: Route): Record<string, unknown> {
  const type = route.responseType ?? "application/json";
  const schema = route.response === undefined ? {} : jsonSchema(route.response);
  return { [type]: { schema } };
}
