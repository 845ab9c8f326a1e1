// The answer to a call that changes something: when it is done, or, with `Prefer: respond-async`, as soon as its body is in.
import { headers, pathOf } from "@host-service/protocol";
import type { Operation } from "../operations/operation.ts";
import { problemResponse } from "./problem-response.ts";

/** `work` settles when the operation has ended and never rejects. */
export async function answerFor(request: Request, operation: Operation, work: Promise<void>): Promise<Response> {
  if (prefersAsync(request)) {
    await Promise.race([operation.received, work]);
    if (operation.isRunning) {
      const location = pathOf("operation", { id: operation.id });
      return Response.json(operation.view(), {
        status: 202,
        headers: { location, "preference-applied": "respond-async" },
      });
    }
  }
  await work;
  const state = operation.state;
  if (state.name === "done") return Response.json(state.result);
  if (state.name === "failed" || state.name === "cancelled") {
    // A body that is still on its way is of no use any more: closing the connection ends it.
    return problemResponse(state.problem, operation.isReceived ? {} : { connection: "close" });
  }
  throw new TypeError(`The operation ${operation.id} has not ended`);
}

/** RFC 7240: a list of preferences, each perhaps with parameters. */
function prefersAsync(request: Request): boolean {
  const preferences = request.headers.get(headers.prefer)?.split(",") ?? [];
  return preferences.some((preference) => preference.split(";")[0]?.trim().toLowerCase() === "respond-async");
}
