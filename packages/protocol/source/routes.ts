// The wire as data: every route with what it takes and what it answers. The daemon dispatches by this table, the client
// builds its paths from it, and the OpenAPI document is made of it, so that none of the three can differ.
import type { GenericSchema } from "@host-service/schema";
import type { CallGroup } from "./call-groups.ts";
import { CommitRequest, InstallRequest, NoRequest, RebootRequest } from "./schemas/requests.ts";
import { ContainerAnswer, ContainerList, ContainerStatus, History, Removed } from "./schemas/container.ts";
import { Operation, OperationEvent } from "./schemas/operation.ts";
import { Accepted, Pong, ServerInfo } from "./schemas/server.ts";
import { Upload } from "./schemas/upload.ts";
import { partialUploadType } from "./headers.ts";

export interface Route {
  method: "GET" | "HEAD" | "OPTIONS" | "POST" | "PATCH" | "DELETE";
  /** With parameters in braces. */
  path: `/v1${string}`;
  summary: string;
  /** `null` is what every caller may do. */
  group: CallGroup | null;
  /** Only the host listener may call it. */
  hostOnly?: true;
  /** The JSON request body. */
  request?: GenericSchema;
  /** A content type that is accepted as the body itself, instead of JSON. */
  body?: string;
  response?: GenericSchema;
  /** Of success, where it is not 200; 204 has no body. */
  status?: 201 | 204;
  /** Other than application/json. */
  responseType?: string;
}

const container = "/v1/containers/{name}";
const upload = "/v1/uploads/{id}";

export const routes = {
  info: { method: "GET", path: "/v1", summary: "Name, version and features", group: null, response: ServerInfo },
  ping: { method: "GET", path: "/v1/ping", summary: "Check the connection", group: null, response: Pong },
  openapi: { method: "GET", path: "/v1/openapi.json", summary: "This document", group: null },
  reboot: {
    method: "POST",
    path: "/v1/system/reboot",
    summary: "Reboot the host",
    group: "power",
    request: RebootRequest,
    response: Accepted,
  },
  suspend: {
    method: "POST",
    path: "/v1/system/suspend",
    summary: "Suspend the host",
    group: "power",
    request: NoRequest,
    response: Accepted,
  },
  listContainers: {
    method: "GET",
    path: "/v1/containers",
    summary: "The containers that the caller may see",
    group: "container",
    response: ContainerList,
  },
  containerStatus: {
    method: "GET",
    path: container,
    summary: "State, what runs, what boots next, and why",
    group: "container",
    response: ContainerStatus,
  },
  removeContainer: {
    method: "DELETE",
    path: container,
    summary: "Remove a container with its slots and volumes",
    group: "container",
    hostOnly: true,
    response: Removed,
  },
  installContainer: {
    method: "POST",
    path: `${container}/install`,
    summary: "Verify an image and stage it in the inactive slot",
    group: "container",
    request: InstallRequest,
    body: "application/x-tar",
    response: ContainerAnswer,
  },
  commitContainer: {
    method: "POST",
    path: `${container}/commit`,
    summary: "Keep what is running",
    group: "container",
    request: CommitRequest,
    response: ContainerAnswer,
  },
  rollbackContainer: {
    method: "POST",
    path: `${container}/rollback`,
    summary: "Go back to the image before, at the next boot",
    group: "container",
    request: NoRequest,
    response: ContainerAnswer,
  },
  tryContainer: {
    method: "POST",
    path: `${container}/try`,
    summary: "Start the candidate now, without a host reboot",
    group: "container",
    request: NoRequest,
    response: ContainerAnswer,
  },
  startContainer: {
    method: "POST",
    path: `${container}/start`,
    summary: "Start the container",
    group: "container",
    request: NoRequest,
    response: ContainerAnswer,
  },
  stopContainer: {
    method: "POST",
    path: `${container}/stop`,
    summary: "Stop the container",
    group: "container",
    request: NoRequest,
    response: ContainerAnswer,
  },
  restartContainer: {
    method: "POST",
    path: `${container}/restart`,
    summary: "Restart the container",
    group: "container",
    request: NoRequest,
    response: ContainerAnswer,
  },
  containerHistory: {
    method: "GET",
    path: `${container}/history`,
    summary: "What was done to the container, newest last",
    group: "container",
    response: History,
  },
  containerLogs: {
    method: "GET",
    path: `${container}/logs`,
    summary: "What the container wrote to its console",
    group: "container",
    responseType: "text/plain",
  },
  uploadOptions: {
    method: "OPTIONS",
    path: "/v1/uploads",
    summary: "That uploads are resumable, and their limits, in Accept-Patch and Upload-Limit",
    group: "container",
    status: 204,
  },
  createUpload: {
    method: "POST",
    path: "/v1/uploads",
    summary: "Begin a resumable upload, or find the same one again",
    group: "container",
    body: "application/octet-stream",
    response: Upload,
    status: 201,
  },
  uploadOffset: {
    method: "HEAD",
    path: upload,
    summary: "Where the upload goes on, in Upload-Offset",
    group: "container",
    status: 204,
  },
  appendUpload: {
    method: "PATCH",
    path: upload,
    summary: "Append to the upload; with Upload-Complete: ?1 it is the end",
    group: "container",
    body: partialUploadType,
    response: Upload,
  },
  deleteUpload: {
    method: "DELETE",
    path: upload,
    summary: "Give the upload up",
    group: "container",
    status: 204,
  },
  operation: {
    method: "GET",
    path: "/v1/operations/{id}",
    summary: "One operation",
    group: null,
    response: Operation,
  },
  cancelOperation: {
    method: "DELETE",
    path: "/v1/operations/{id}",
    summary: "Cancel an operation that is not yet recorded",
    group: null,
    response: Operation,
  },
  operationEvents: {
    method: "GET",
    path: "/v1/operations/{id}/events",
    summary: "Progress as NDJSON; the last line is the result or the error",
    group: null,
    response: OperationEvent,
    responseType: "application/x-ndjson",
  },
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
