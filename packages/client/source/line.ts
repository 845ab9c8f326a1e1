// A connection that may be lost on its way, and had again.
import { ClientError } from "./error.ts";

export interface Line {
  /** What messages call the other end. */
  name: string;
  /** Resolves when host-service answers again; throws what a person is to be told when that takes too long. */
  recover(lost: ClientError): Promise<void>;
}

/** Does the work again for as long as its line can be had again; so it has to find out itself how far it came. `attempt` counts from 0. */
export async function again<Value>(
  connection: { line?: Line },
  work: (attempt: number) => Promise<Value>,
): Promise<Value> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work(attempt);
    } catch (error) {
      if (connection.line === undefined || !isLost(error)) throw error;
      await connection.line.recover(error);
    }
  }
}

function isLost(error: unknown): error is ClientError {
  return error instanceof ClientError && error.kind === "no-connection";
}
