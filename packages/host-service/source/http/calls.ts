// What each route does, in the order of the route table. How an image gets staged is `containers/`, how an operation is
// watched is `operations/`.
import { CommitRequest, OperationId, RebootRequest } from "@host-service/protocol";
import type { RouteName, ServerInfo } from "@host-service/protocol";
import { parse, strictObject } from "@host-service/schema";
import { ownOrGiven } from "../containers/own-or-given.ts";
import { callerOf } from "../listeners/principal.ts";
import { eventStream } from "../operations/events.ts";
import type { Action, Operation } from "../operations/operation.ts";
import { systemRecord } from "../operations/registry.ts";
import { run } from "../operations/run.ts";
import type { Finished } from "../operations/run.ts";
import { refuseDuringTrial } from "../power/during-trial.ts";
import { power } from "../power/power.ts";
import { pause } from "../trials/pause.ts";
import { version } from "../version.ts";
import { answerFor } from "./answer.ts";
import type { Call } from "./call.ts";
import { imageSourceOf } from "./install-request.ts";
import { answerLogs, logRequestOf } from "./logs.ts";
import { requestedId } from "./requested.ts";
import { guestCalls } from "./guest-calls.ts";
import { givenUpgradeOf } from "./upgrade-request.ts";
import { readJson } from "./json-body.ts";
import { portableCalls } from "./portable.ts";
import { uploadCalls } from "./uploads.ts";

/** A client may watch an operation whose body it is only beginning to send. */
const arrivalWaitMs = 10_000;

const done = { ok: true };
const NoRequest = strictObject({});

export const calls: Record<RouteName, (call: Call) => Promise<Response> | Response> = {
  info: ({ principal, context }) => {
    const features: ServerInfo["features"] = ["container", "power", "portable", "descriptor"];
    if (principal.kind === "host") features.push("path");
    if (context.system.isConfigured) features.push("system");
    const { bootId } = context;
    const info: ServerInfo = { name: "host-service", version, api: 1, features, bootId, listener: callerOf(principal) };
    return Response.json(info);
  },
  ping: () => Response.json(done),
  // Large and rarely asked for, so loaded when it is.
  openapi: async () =>
    Response.json((await import("@host-service/protocol/openapi.json", { with: { type: "json" } })).default),

  // What examines is rarely asked for, and much of it is not loaded otherwise.
  doctor: async ({ context }) => {
    const { configuration, bootId, program, operations } = context;
    const { examineHost } = await import("../doctor/examine-host.ts");
    const { thisWorld } = await import("../doctor/world.ts");
    const world = thisWorld({ program, bootId, daemon: { operations: operations.running().length } });
    return Response.json(await examineHost(world, { configuration, path: configuration.file.path }));
  },

  reboot: async ({ request, context }) => {
    const { duringTrial } = await readJson(request, RebootRequest);
    await refuseDuringTrial(duringTrial ?? "allow", context);
    await power("reboot", context.configuration.power);
    context.log.info("The host was told to reboot");
    return Response.json(done);
  },
  suspend: async ({ request, context }) => {
    await readJson(request, NoRequest);
    await power("suspend", context.configuration.power);
    context.log.info("The host was told to suspend");
    return Response.json(done);
  },

  system: async ({ context }) => Response.json(await context.system.status()),
  upgradeSystem: async (call) => {
    const { system } = call.context;
    const given = await givenUpgradeOf(call.request, call.principal);
    return changeSystem(call, "upgrade", (operation) => system.upgrade(operation, given));
  },
  commitSystem: async (call) => {
    const { expect } = await readJson(call.request, CommitRequest);
    return changeSystem(call, "commit", (operation) => call.context.system.commit(operation, { expect }));
  },
  rollbackSystem: async (call) => {
    await readJson(call.request, NoRequest);
    return changeSystem(call, "rollback", (operation) => call.context.system.rollback(operation));
  },
  systemHistory: async ({ context }) => Response.json({ history: await context.history.of(systemRecord) }),

  listContainers: async ({ principal, context }) => {
    if (principal.kind === "host") return Response.json({ containers: await context.containers.statuses() });
    return Response.json({ containers: [await context.containers.status(principal.name)] });
  },
  containerStatus: async (call) => Response.json(await call.context.containers.status(await nameOf(call))),
  removeContainer: (call) =>
    change(call, "remove", (operation, name) => call.context.containers.remove(operation, name)),
  installContainer: async (call) => {
    const { containers } = call.context;
    const source = await imageSourceOf(call.request, call.principal);
    const name = ownOrGiven(call.parameters["name"] ?? "", call.principal);
    const operation = await begin(call, "install", name);
    return perform(call, operation, () => containers.install(operation, source));
  },
  commitContainer: async (call) => {
    const { expect } = await readJson(call.request, CommitRequest);
    return change(call, "commit", (operation, name) => call.context.containers.commit(operation, { name, expect }));
  },
  rollbackContainer: async (call) => {
    await readJson(call.request, NoRequest);
    return change(call, "rollback", (operation, name) => call.context.containers.rollback(operation, name));
  },
  tryContainer: (call) =>
    changeWhatRuns(call, "try", (operation, name) => call.context.containers.tryCandidate(operation, name)),
  startContainer: (call) =>
    changeWhatRuns(call, "start", (operation, name) => call.context.containers.start(operation, name)),
  stopContainer: (call) =>
    changeWhatRuns(call, "stop", (operation, name) => call.context.containers.stop(operation, name)),
  restartContainer: (call) =>
    changeWhatRuns(call, "restart", (operation, name) => call.context.containers.restart(operation, name)),
  containerHistory: async (call) => {
    const name = await nameOf(call);
    const history = await call.context.history.of(name);
    // A container that was removed has a history all the same; one that nobody knows is an error.
    if (history.length === 0) await call.context.containers.status(name);
    return Response.json({ history });
  },
  containerLogs: async (call) => {
    const wanted = logRequestOf(call.request);
    return await answerLogs(await nameOf(call), { wanted, signal: call.request.signal, context: call.context });
  },

  ...portableCalls,

  ...guestCalls,
  ...uploadCalls,

  operation: (call) => Response.json(operationOf(call).view()),
  cancelOperation: async (call) => {
    const operation = operationOf(call);
    operation.cancel();
    await operation.ended;
    return Response.json(operation.view());
  },
  operationEvents: async ({ context, principal, parameters }) => {
    const id = parse(OperationId, parameters["id"], { subject: "the operation's id" });
    const operation = await context.operations.arrival(id, { caller: callerOf(principal), waitMs: arrivalWaitMs });
    return new Response(eventStream(operation), { headers: { "content-type": "application/x-ndjson" } });
  },
};

async function change(
  call: Call,
  action: Action,
  work: (operation: Operation, name: string) => Promise<Finished>,
): Promise<Response> {
  const name = await nameOf(call);
  const operation = await begin(call, action, name);
  operation.markReceived();
  return perform(call, operation, () => work(operation, name));
}

/** How long who asked has to read the answer, before its container is stopped. */
const graceMs = 500;

/** A container that asks for its own end is answered first: with it goes the process that asked. */
async function changeWhatRuns(
  call: Call,
  action: Action,
  work: (operation: Operation, name: string) => Promise<Finished>,
): Promise<Response> {
  const { principal, request, context } = call;
  await readJson(request, NoRequest);
  if (principal.kind === "host" || action === "start") return await change(call, action, work);
  const name = await nameOf(call);
  const operation = await begin(call, action, name);
  operation.markReceived();
  const answer = await context.containers.answerBefore(operation, name);
  void perform(call, operation, async () => {
    await pause(graceMs, operation.signal);
    return await work(operation, name);
  });
  return Response.json(answer);
}

async function changeSystem(
  call: Call,
  action: Action,
  work: (operation: Operation) => Promise<Finished>,
): Promise<Response> {
  const { principal, context, request } = call;
  const operation = await context.system.begin(action, { principal, id: requestedId(request) });
  // Of a body it is told when all of it has come.
  if (action !== "upgrade") operation.markReceived();
  return perform(call, operation, () => work(operation));
}

function begin(call: Call, action: Action, name: string | undefined): Promise<Operation> {
  const { principal, context, request } = call;
  return context.containers.begin(action, { name, principal, id: requestedId(request) });
}

function perform(call: Call, operation: Operation, work: () => Promise<Finished>): Promise<Response> {
  const { history, log } = call.context;
  return answerFor(call.request, operation, run(operation, { history, log, work }));
}

function nameOf(call: Call): Promise<string> {
  return call.context.containers.resolveName(call.parameters["name"] ?? "", call.principal);
}

function operationOf(call: Call): Operation {
  const id = parse(OperationId, call.parameters["id"], { subject: "the operation's id" });
  return call.context.operations.get(id, callerOf(call.principal));
}
