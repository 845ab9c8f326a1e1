import { exitCodes } from "@host-service/protocol";
import type { ContainerAnswer } from "@host-service/protocol";
import type { Invocation, Run } from "../arguments/command.ts";
import { printAnswer, printWarnings } from "../output/answer.ts";
import { ask } from "../output/ask.ts";
import { CommandError } from "../output/failure.ts";
import { connect } from "./connect.ts";
import { containerName } from "./container-name.ts";

type Action = "rollback" | "try" | "start" | "stop" | "restart";

const routeOf = {
  rollback: "rollbackContainer",
  try: "tryContainer",
  start: "startContainer",
  stop: "stopContainer",
  restart: "restartContainer",
} as const satisfies Record<Action, string>;

function change(action: Action): Run {
  return async (invocation) => {
    const parameters = { name: containerName(invocation) };
    return finish(invocation, await connect(invocation).call(routeOf[action], { parameters, request: {} }));
  };
}

export const changes: Record<Action, Run> = {
  rollback: change("rollback"),
  try: change("try"),
  start: change("start"),
  stop: change("stop"),
  restart: change("restart"),
};

export async function commit(invocation: Invocation): Promise<number> {
  const parameters = { name: containerName(invocation) };
  const expect = invocation.values.get("expect");
  const request = expect === undefined ? {} : { expect };
  return finish(invocation, await connect(invocation).call("commitContainer", { parameters, request }));
}

export async function remove(invocation: Invocation): Promise<number> {
  const name = containerName(invocation);
  const which = name === "~" ? "the container" : `the container "${name}"`;
  const sure = invocation.switches.has("yes") || (await ask(`Remove ${which} with its images and volumes?`)) !== "no";
  if (!sure) throw new CommandError(`Cannot remove ${which}: it was declined`);
  printAnswer(invocation, await connect(invocation).call("removeContainer", { parameters: { name } }), ["OK"]);
  return exitCodes.done;
}

/** What every change of a container prints when it is done. */
export function finish(invocation: Invocation, answer: ContainerAnswer): number {
  printWarnings(answer.warnings);
  printAnswer(invocation, answer, ["OK"]);
  return exitCodes.done;
}
