import { integer, number, object, optional, pipe, string } from "@host-service/schema";
import type { InferOutput } from "@host-service/schema";
import { problemCodes } from "./codes.ts";
import type { ProblemCode } from "./codes.ts";

export const problemContentType = "application/problem+json";

/** RFC 9457. `type` is "urn:host-service:problem:" and the code, or a registered one; `detail` is the sentence that hostctl prints. */
export const Problem = object({
  type: string(),
  title: string(),
  status: pipe(number(), integer()),
  detail: string(),
  code: string(),
  /** With `busy`: the id of the operation that is in the way. */
  operation: optional(string()),
  /** Of an upgrade that was refused: its class, a word of the list in packages/artifact. */
  class: optional(string()),
  /** With `upload-offset`. */
  "expected-offset": optional(pipe(number(), integer())),
  "provided-offset": optional(pipe(number(), integer())),
});
export type Problem = InferOutput<typeof Problem>;

type Members = Partial<Pick<Problem, "operation" | "class" | "expected-offset" | "provided-offset">>;

export function problem(code: ProblemCode, detail: string, members: Members = {}): Problem {
  const found: { status: number; title: string; type?: string } = problemCodes[code];
  const { status, title, type = `urn:host-service:problem:${code}` } = found;
  return { type, title, status, detail, code, ...members };
}
