// What each route of the portable services does.
import { CommitRequest, PortableName, PortableRequest, routes } from "@host-service/protocol";
import { parse, strictObject } from "@host-service/schema";
import { ownerOf } from "../listeners/principal.ts";
import type { Action, Operation } from "../operations/operation.ts";
import { run } from "../operations/run.ts";
import type { Finished } from "../operations/run.ts";
import { recordOf } from "../portable/portable.ts";
import type { ServiceCall } from "../portable/portable.ts";
import type { GivenImage } from "../portable/receive-image.ts";
import { RequestError } from "../problems/request-error.ts";
import { answerFor } from "./answer.ts";
import type { Call } from "./call.ts";
import { readJson } from "./json-body.ts";
import { mediaType, requestedDigest, requestedId } from "./requested.ts";

const NoRequest = strictObject({});
const PortableQuery = PortableRequest.entries;

export const portableCalls = {
  listPortable: async ({ principal, context }: Call) =>
    Response.json({ services: await context.portable.list({ principal }) }),
  portableStatus: async (call: Call) => Response.json(await call.context.portable.status(serviceOf(call))),
  portableHistory: async (call: Call) => {
    const service = serviceOf(call);
    const history = await call.context.history.of(recordOf(service.name));
    // A service that was detached has a history all the same, for the host; one that nobody knows is an error.
    if (history.length === 0 || call.principal.kind !== "host") await call.context.portable.status(service);
    return Response.json({ history });
  },
  inspectPortable: (call: Call) => withImage(call, "inspect"),
  attachPortable: (call: Call) => withImage(call, "attach"),
  commitPortable: async (call: Call) => {
    const { expect } = await readJson(call.request, CommitRequest);
    return change(call, "commit", (operation, service) => call.context.portable.commit(operation, service, expect));
  },
  rollbackPortable: async (call: Call) => {
    await readJson(call.request, NoRequest);
    return change(call, "rollback", (operation, service) => call.context.portable.rollback(operation, service));
  },
  detachPortable: (call: Call) =>
    change(call, "detach", (operation, service) => call.context.portable.detach(operation, service)),
};

async function withImage(call: Call, action: "inspect" | "attach"): Promise<Response> {
  const { portable } = call.context;
  const service = serviceOf(call);
  const given = await givenImageOf(call);
  const operation = portable.begin(action, service, requestedId(call.request));
  return perform(call, operation, () => portable[action](operation, service, given));
}

function change(
  call: Call,
  action: Action,
  work: (operation: Operation, service: ServiceCall) => Promise<Finished>,
): Promise<Response> {
  const service = serviceOf(call);
  const operation = call.context.portable.begin(action, service, requestedId(call.request));
  operation.markReceived();
  return perform(call, operation, () => work(operation, service));
}

function perform(call: Call, operation: Operation, work: () => Promise<Finished>): Promise<Response> {
  const { history, log } = call.context;
  return answerFor(call.request, operation, run(operation, { history, log, work }));
}

function serviceOf({ parameters, principal }: Call): ServiceCall {
  return { name: parse(PortableName, parameters["name"], { subject: "the service's name" }), principal };
}

async function givenImageOf({ request, principal }: Call): Promise<GivenImage> {
  const { body } = routes.attachPortable;
  const type = mediaType(request, body);
  if (type === "application/json") {
    const wanted = await readJson(request, PortableRequest);
    return { kind: "sources", wanted, mayNamePaths: principal.kind === "host", owner: ownerOf(principal) };
  }
  if (type === body) return { kind: "body", request, sha256: requestedDigest(request), terms: termsIn(request) };
  const got = type === undefined ? "none" : JSON.stringify(type);
  throw new RequestError(
    "invalid-request",
    `Cannot take the image: the content type has to be ${body} for the image itself or application/json for its source, got ${got}`,
  );
}

function termsIn(request: Request) {
  const { searchParams } = new URL(request.url);
  const profile = searchParams.get("profile");
  const prefixes = searchParams.get("prefixes");
  const query = { subject: "the query" };
  return {
    ...(profile === null ? {} : { profile: parse(PortableQuery.profile, profile, query) ?? profile }),
    ...(prefixes === null ? {} : { prefixes: parse(PortableQuery.prefixes, prefixes.split(","), query) ?? [] }),
  };
}
