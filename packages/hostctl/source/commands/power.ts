import { exitCodes } from "@host-service/protocol";
import { ClientError } from "@host-service/client";
import type { Client } from "@host-service/client";
import type { Invocation } from "../arguments/command.ts";
import { printAnswer, printWarnings } from "../output/answer.ts";
import { ask } from "../output/ask.ts";
import { CommandError } from "../output/failure.ts";
import { connect } from "./connect.ts";

export async function ping(invocation: Invocation): Promise<number> {
  printAnswer(invocation, await connect(invocation).call("ping"), ["OK"]);
  return exitCodes.done;
}

export async function suspend(invocation: Invocation): Promise<number> {
  printAnswer(invocation, await connect(invocation).call("suspend", { request: {} }), ["OK"]);
  return exitCodes.done;
}

/** Asks for a reboot that no trial stands against; where one does, it says what would be lost before it asks again. */
export async function reboot(invocation: Invocation): Promise<number> {
  const client = connect(invocation);
  const accepted = await rebootUnlessTrial(client);
  if (accepted !== undefined) {
    printAnswer(invocation, accepted, ["OK"]);
    return exitCodes.done;
  }
  printWarnings([
    "a trial is running and a reboot rolls it back; to keep it run hostctl container commit, or hostctl system commit, first",
  ]);
  const sure = invocation.switches.has("yes") || (await ask("Reboot and roll it back?")) !== "no";
  if (!sure) throw new CommandError("Cannot reboot the host: a trial is running, and rolling it back was declined");
  printAnswer(invocation, await client.call("reboot", { request: { duringTrial: "allow" } }), ["OK"]);
  return exitCodes.done;
}

async function rebootUnlessTrial(client: Client): Promise<unknown> {
  try {
    return await client.call("reboot", { request: { duringTrial: "refuse" } });
  } catch (error) {
    if (error instanceof ClientError && error.problem?.code === "trial-running") return undefined;
    throw error;
  }
}
