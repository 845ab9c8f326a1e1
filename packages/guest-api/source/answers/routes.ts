// From a request to its answer, with the checks in the order of both originals: path, caller, method, switches, key, existence.
import { byBytes, sorted } from "../model/layers.ts";
import { areImagesOn, isApiOn } from "../model/switches.ts";
import type { Flavour } from "../model/switches.ts";
import { isVisible, metaData, visibleDevices } from "../model/views.ts";
import { typesOf } from "../events/events.ts";
import type { Guest } from "../guest.ts";
import { badRequest, error, json, notAuthorized, notFound, pageNotFound, raw } from "./answer.ts";
import { bodyBytesMax, bodyOf } from "./body.ts";
import { exportImage } from "./images.ts";
import type { Images } from "./images.ts";
import type { Requester } from "./requester.ts";
import { readStateRequest } from "./state-request.ts";
import { targetOf } from "./target.ts";
import { asksForUpgrade, upgrade } from "./upgrade.ts";

export interface AnswerContext {
  guest: Guest;
  flavour: Flavour;
  images: Images;
  location: string;
  requester: Requester;
}

type Route =
  | { kind: "root" | "state" | "keys" | "devices" | "meta-data" }
  | { kind: "events" }
  | { kind: "key"; key: string }
  | { kind: "image"; fingerprint: string };

export async function answer(request: Request, context: AnswerContext): Promise<Response> {
  const target = targetOf(request.url);
  if (target === undefined) return badRequest();
  if (target.cleaned !== undefined) return new Response(null, { status: 301, headers: { location: target.cleaned } });
  const route = routeOf(target.segments);
  if (route === undefined) return await afterBody(request, context, pageNotFound);
  const refusal = context.requester.refusal();
  if (refusal !== undefined) return await afterBody(request, context, () => error(refusal.status, refusal.message));
  if (route.kind === "state" && context.flavour === "incus") return await state(request, context);
  if (!isAllowed(route, context)) return await afterBody(request, context, notAuthorized);
  if (route.kind === "events") return events(request, context, target.query);
  return await afterBody(request, context, () => content(route, request, context));
}

function routeOf(segments: readonly string[]): Route | undefined {
  const [version, kind, name, verb] = segments;
  if (segments.length === 1 && version === "") return { kind: "root" };
  if (version !== "1.0") return undefined;
  if (segments.length === 1) return { kind: "state" };
  if (segments.length === 2) {
    if (kind === "config") return { kind: "keys" };
    if (kind === "events") return { kind };
    if (kind === "devices" || kind === "meta-data") return { kind };
    return undefined;
  }
  if (name === undefined || name === "") return undefined;
  if (segments.length === 3 && kind === "config") return { kind: "key", key: name };
  if (segments.length === 4 && kind === "images" && verb === "export") return { kind: "image", fingerprint: name };
  return undefined;
}

/** Incus answers `/1.0` also while the API is off, LXD does not. */
function isAllowed(route: Route, { guest, flavour }: AnswerContext): boolean {
  return route.kind === "root" || isApiOn(guest.merged.config, flavour);
}

/** What a request says that nobody asked for is read and dropped, or the next request on the connection would begin in it. */
async function afterBody(
  request: Request,
  context: AnswerContext,
  make: () => Response | Promise<Response>,
): Promise<Response> {
  const body = await bodyOf(request, { requester: context.requester, isKept: false });
  return body === undefined ? tooLarge() : await make();
}

function tooLarge(): Response {
  return error(413, `Request body has more than ${bodyBytesMax} bytes`, { connection: "close" });
}

async function state(request: Request, context: AnswerContext): Promise<Response> {
  const { guest, location, flavour, requester } = context;
  if (request.method === "PATCH") {
    if (!isApiOn(guest.merged.config, flavour)) return await afterBody(request, context, notAuthorized);
    const body = await bodyOf(request, { requester, isKept: true });
    if (body === undefined) return tooLarge();
    const wanted = readStateRequest(body);
    if ("refusal" in wanted) return error(400, wanted.refusal);
    await guest.reportState(wanted.state);
    return raw("");
  }
  return await afterBody(request, context, () =>
    request.method === "GET"
      ? json(stateOf(guest.ready === "true" ? "Ready" : "Started", location))
      : error(405, `method "${request.method}" not allowed`),
  );
}

function stateOf(word: string, location: string): object {
  return { state: word, api_version: "1.0", instance_type: "container", location };
}

function content(
  route: Exclude<Route, { kind: "events" }>,
  request: Request,
  { guest, flavour, images }: AnswerContext,
): Response | Promise<Response> {
  const { merged } = guest;
  switch (route.kind) {
    case "root":
      return json(["/1.0"]);
    case "state":
      // LXD 5.0 knows no ready state, and tells nothing of the host.
      return json(stateOf("", "none"));
    case "keys": {
      const keys = Object.keys(merged.config).filter(isVisible).toSorted(byBytes);
      return json(keys.map((key) => `/1.0/config/${key}`));
    }
    case "key": {
      if (!isVisible(route.key)) return notAuthorized();
      const value = Object.hasOwn(merged.config, route.key) ? merged.config[route.key] : undefined;
      return value === undefined ? notFound() : raw(value);
    }
    case "devices":
      return json(sorted(visibleDevices(merged)));
    case "meta-data":
      return raw(metaData(guest.name, merged));
    case "image":
      if (!areImagesOn(merged.config, flavour)) return notAuthorized();
      return exportImage(route.fingerprint, { request, flavour, images });
  }
}

function events(request: Request, { requester }: AnswerContext, query: URLSearchParams): Response | Promise<never> {
  const types = typesOf(query.get("type"));
  return asksForUpgrade(request) ? upgrade(request, types) : requester.becomeStream(types);
}
