import { integer, number, object, optional, pipe, string } from "@host-service/schema";
import type { InferOutput } from "@host-service/schema";
import { problemCodes } from "./codes.ts";
import type { ProblemCode } from "./codes.ts";

export const problemContentType = "application/problem+json";

/** RFC 9457. `type` is "urn:host-service:problem:" and the code; `detail` is the sentence that hostctl prints. */
export const Problem = object({
  type: string(),
  title: string(),
  status: pipe(number(), integer()),
  detail: string(),
  code: string(),
  /** With `busy`: the id of the operation that is in the way. */
  operation: optional(string()),
});
export type Problem = InferOutput<typeof Problem>;

export function problem(code: ProblemCode, detail: string, members: { operation?: string } = {}): Problem {
  const { status, title } = problemCodes[code];
  return { type: `urn:host-service:problem:${code}`, title, status, detail, code, ...members };
}
