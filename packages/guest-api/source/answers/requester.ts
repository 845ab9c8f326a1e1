import type { Refusal } from "../identity/judge.ts";

/** The connection that a request came by: what an answer may know of it, and what it may become. */
export interface Requester {
  refusal(): Refusal | undefined;
  whileReading<Result>(read: () => Promise<Result>): Promise<Result>;
  becomeStream(types: ReadonlySet<string>): Promise<never>;
  becomeWebSocket(): void;
}
