// From a request to the call that answers it: the route table says who may call and what comes in; every error becomes a
// problem document here and nowhere else.
import { releaseProgram } from "@host-service/disk";
import { pathOf, problem, routes } from "@host-service/protocol";
import type { Problem, Route, RouteName } from "@host-service/protocol";
import { callerOf } from "../listeners/principal.ts";
import type { Principal } from "../listeners/principal.ts";
import type { Log } from "../log.ts";
import { calls } from "./calls.ts";
import type { CallContext } from "./call.ts";
import { problemOf } from "../problems/problem-of.ts";
import { closingUnread, problemResponse } from "./problem-response.ts";
import { RequestError } from "../problems/request-error.ts";
import { whenQuiet } from "../when-quiet.ts";

/** After so long without a call the code that calls have run is given back. */
const quietMs = 2000;
const touch = whenQuiet(quietMs, releaseProgram);

type BunRoutes = Record<string, Partial<Record<Route["method"], (request: Bun.BunRequest) => Promise<Response>>>>;

/** The routes of one listener, in the form that Bun.serve takes. */
export function listenerRoutes(principal: Principal, context: CallContext): BunRoutes {
  const table: BunRoutes = {};
  for (const name of routeNames()) {
    const route: Route = routes[name];
    const path = route.path.replaceAll(/\{(\w+)\}/g, ":$1");
    table[path] = { ...table[path], [route.method]: handler(name, principal, context) };
  }
  return table;
}

/** What no route of the table answers. */
export function answerUnknown(request: Request): Response {
  const { pathname } = new URL(request.url);
  const closing = closingUnread(request);
  const allowed = routeNames().filter((name) => matches(routes[name].path, pathname));
  if (allowed.length === 0) {
    return problemResponse(
      problem("not-found", `Cannot find "${pathname}": see ${pathOf("openapi")} for what there is`),
      closing,
    );
  }
  const methods = [...new Set(allowed.map((name) => routes[name].method))].join(", ");
  const detail = `Cannot ${request.method} "${pathname}": it takes ${methods}`;
  return problemResponse(problem("method-not-allowed", detail), { allow: methods, ...closing });
}

function handler(
  name: RouteName,
  principal: Principal,
  context: CallContext,
): (request: Bun.BunRequest) => Promise<Response> {
  const route: Route = routes[name];
  return async (request) => {
    try {
      authorise(route, principal, context);
      return await calls[name]({ request, principal, context, parameters: request.params });
    } catch (error) {
      return problemResponse(reported(error, { name, principal, log: context.log }), closingUnread(request));
    } finally {
      touch();
    }
  };
}

function authorise(route: Route, principal: Principal, context: CallContext): void {
  if (principal.kind === "host") return;
  const subject = `Cannot call ${route.method} ${route.path}`;
  if (route.hostOnly === true) {
    throw new RequestError("not-allowed", `${subject}: only the host itself may do this`);
  }
  if (route.group === null) return;
  const allow = context.configuration.allow.get(principal.name);
  const groups = [route.group].flat();
  const [group] = groups;
  if (allow === undefined || group === undefined || groups.some((one) => allow.includes(one))) return;
  const line = `[containers.${principal.name}] allow = ${JSON.stringify([...allow, group])}`;
  throw new RequestError(
    "not-allowed",
    `${subject}: "${principal.name}" is not granted "${group}"; the host's administrator grants it with ${line}`,
  );
}

/** The problem that the caller sees. What the daemon did not expect is logged whole, and told as little as possible. */
function reported(error: unknown, about: { name: RouteName; principal: Principal; log: Log }): Problem {
  const known = problemOf(error);
  if (known !== undefined) return known;
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  about.log.error("A call failed in a way that nobody foresaw", {
    call: about.name,
    caller: callerOf(about.principal),
    error: stack,
  });
  return problem("failed", "Cannot answer: the daemon failed; its log says why");
}

function matches(pattern: string, pathname: string): boolean {
  const wanted = pattern.split("/");
  const got = pathname.split("/");
  return (
    wanted.length === got.length &&
    wanted.every((part, index) => (part.startsWith("{") ? got[index] !== "" : part === got[index]))
  );
}

function routeNames(): RouteName[] {
  return Object.keys(routes).filter((name): name is RouteName => Object.hasOwn(routes, name));
}
