// The body of `PATCH /1.0`, read as Go reads it into `struct { State string }`.
import { firstValue, quoted, SyntaxProblem } from "./first-value.ts";

export type StateRequest = { state: "Ready" | "Started" } | { refusal: string };

export function readStateRequest(body: string): StateRequest {
  let value: unknown;
  try {
    value = JSON.parse(firstValue(body));
  } catch (error) {
    if (error instanceof SyntaxProblem) return { refusal: error.message };
    throw error;
  }
  if (value === null) return stateOf("");
  if (typeof value !== "object" || Array.isArray(value)) {
    return { refusal: `json: cannot unmarshal ${kindOf(value)} into Go value of type api.DevIncusPut` };
  }
  let state = "";
  for (const [key, member] of Object.entries(value)) {
    // Go takes the names of members without regard to case, and null for "leave it".
    if (key.toLowerCase() !== "state" || member === null) continue;
    if (typeof member !== "string") {
      const what = "into Go struct field DevIncusPut.state of type string";
      return { refusal: `json: cannot unmarshal ${kindOf(member)} ${what}` };
    }
    state = member;
  }
  return stateOf(state);
}

function stateOf(state: string): StateRequest {
  return state === "Ready" || state === "Started" ? { state } : { refusal: `Invalid state ${quoted(state)}` };
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return typeof value === "boolean" ? "bool" : typeof value;
}
