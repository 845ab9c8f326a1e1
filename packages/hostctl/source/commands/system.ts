import { exitCodes } from "@host-service/protocol";
import type { SystemAnswer } from "@host-service/protocol";
import type { Invocation } from "../arguments/command.ts";
import { printAnswer, printWarnings } from "../output/answer.ts";
import { historyLines } from "../output/history.ts";
import { systemLines } from "../output/status.ts";
import { connect } from "./connect.ts";

export async function status(invocation: Invocation): Promise<number> {
  const answer = await connect(invocation).call("system");
  printAnswer(invocation, answer, systemLines(answer));
  return exitCodes.done;
}

export async function commit(invocation: Invocation): Promise<number> {
  const expect = invocation.values.get("expect");
  const request = expect === undefined ? {} : { expect };
  return finish(invocation, await connect(invocation).call("commitSystem", { request }));
}

export async function rollback(invocation: Invocation): Promise<number> {
  return finish(invocation, await connect(invocation).call("rollbackSystem", { request: {} }));
}

export async function history(invocation: Invocation): Promise<number> {
  const answer = await connect(invocation).call("systemHistory");
  printAnswer(invocation, answer, historyLines(answer.history));
  return exitCodes.done;
}

function finish(invocation: Invocation, answer: SystemAnswer): number {
  printWarnings(answer.warnings);
  printAnswer(invocation, answer, ["OK"]);
  return exitCodes.done;
}
