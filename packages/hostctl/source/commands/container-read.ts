import { exitCodes } from "@host-service/protocol";
import type { Invocation } from "../arguments/command.ts";
import { printAnswer } from "../output/answer.ts";
import { historyLines } from "../output/history.ts";
import { listLines } from "../output/list.ts";
import { statusLines } from "../output/status.ts";
import { connect } from "./connect.ts";
import { containerName } from "./container-name.ts";

export async function status(invocation: Invocation): Promise<number> {
  const parameters = { name: containerName(invocation) };
  const answer = await connect(invocation).call("containerStatus", { parameters });
  printAnswer(invocation, answer, statusLines(answer));
  return exitCodes.done;
}

export async function list(invocation: Invocation): Promise<number> {
  const answer = await connect(invocation).call("listContainers");
  printAnswer(invocation, answer, listLines(answer.containers));
  return exitCodes.done;
}

export async function history(invocation: Invocation): Promise<number> {
  const parameters = { name: containerName(invocation) };
  const answer = await connect(invocation).call("containerHistory", { parameters });
  printAnswer(invocation, answer, historyLines(answer.history));
  return exitCodes.done;
}
