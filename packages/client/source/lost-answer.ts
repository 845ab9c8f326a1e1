// A refusal ends the body that is still being sent, and with it the connection; the answer may be lost to the sender then. The reason
// is asked for again, so that a person does not read that the connection is gone when it is the image that is too large.
import { headers } from "@host-service/protocol";
import { ClientError } from "./error.ts";
import { exchange } from "./exchange.ts";
import type { Call, Connection } from "./exchange.ts";
import { followOperation } from "./follow.ts";

/** The call, without its body. */
interface Asked {
  call: Pick<Call, "route" | "parameters" | "query">;
  /** Of the body that is not there. */
  contentType: string;
}

/** Gives back the result of an operation that went on, or throws its reason; where there is none to be had, `lost` itself. */
export async function findLostAnswer(
  connection: Connection,
  { operation, ...asked }: Asked & { operation: string },
  lost: ClientError,
): Promise<unknown> {
  const began = await exchange(connection, { route: "operation", parameters: { id: operation } }).then(
    () => true,
    (error: unknown) => !isProblem(error, "not-found") && unreachable(lost),
  );
  if (began) return await followOperation(connection, operation, undefined);
  throw (await refusalBeforeBody(connection, asked)) ?? lost;
}

/** What is refused before its body is read is refused without one as well. */
async function refusalBeforeBody(
  connection: Connection,
  { call, contentType }: Asked,
): Promise<ClientError | undefined> {
  try {
    await exchange(connection, {
      ...call,
      body: "",
      headers: { "content-type": contentType, [headers.operationId]: crypto.randomUUID() },
    });
  } catch (error) {
    // That the body is missing is our own doing.
    if (error instanceof ClientError && error.kind === "problem" && !isProblem(error, "source-refused")) return error;
  }
  return undefined;
}

function isProblem(error: unknown, code: string): boolean {
  return error instanceof ClientError && error.problem?.code === code;
}

function unreachable(lost: ClientError): never {
  throw lost;
}
