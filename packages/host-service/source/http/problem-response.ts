import { problemContentType } from "@host-service/protocol";
import type { Problem } from "@host-service/protocol";

export function problemResponse(document: Problem, headers: Readonly<Record<string, string>> = {}): Response {
  return Response.json(document, {
    status: document.status,
    headers: { "content-type": problemContentType, ...headers },
  });
}
