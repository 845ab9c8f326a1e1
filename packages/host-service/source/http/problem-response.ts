import { problemContentType } from "@host-service/protocol";
import type { Problem } from "@host-service/protocol";

/** A body that nobody reads any more is ended with its connection, or its sender would go on sending. */
export function closingUnread(request: Request): Readonly<Record<string, string>> {
  return request.body === null ? {} : { connection: "close" };
}

export function problemResponse(document: Problem, headers: Readonly<Record<string, string>> = {}): Response {
  return Response.json(document, {
    status: document.status,
    headers: { "content-type": problemContentType, ...headers },
  });
}
