import { Operation, OperationEvent } from "../schemas/operation.ts";
import type { Route } from "./route.ts";

export const operationRoutes = {
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
