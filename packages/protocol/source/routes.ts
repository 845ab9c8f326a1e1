// The wire as data: every route with what it takes and what it answers. The daemon dispatches by this table, the client
// builds its paths from it, and the OpenAPI document is made of it, so that none of the three can differ.
import { Pong, ServerInfo } from "./schemas/server.ts";
import { containerRoutes } from "./routes/containers.ts";
import { hostRoutes } from "./routes/host.ts";
import { operationRoutes } from "./routes/operations.ts";
import { portableRoutes } from "./routes/portable.ts";
import type { Route } from "./routes/route.ts";
import { uploadRoutes } from "./routes/uploads.ts";

export const routes = {
  info: { method: "GET", path: "/v1", summary: "Name, version and features", group: null, response: ServerInfo },
  ping: { method: "GET", path: "/v1/ping", summary: "Check the connection", group: null, response: Pong },
  openapi: { method: "GET", path: "/v1/openapi.json", summary: "This document", group: null },
  ...hostRoutes,
  ...containerRoutes,
  ...portableRoutes,
  ...uploadRoutes,
  ...operationRoutes,
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof routes;

/** The request path of a route with its parameters filled in. */
export function pathOf(name: RouteName, parameters: Readonly<Record<string, string>> = {}): string {
  return routes[name].path.replaceAll(/\{(\w+)\}/g, (_whole, key: string) => {
    const value = parameters[key];
    if (value === undefined) throw new TypeError(`Cannot build the path of ${name}: the parameter "${key}" is missing`);
    return encodeURIComponent(value);
  });
}
