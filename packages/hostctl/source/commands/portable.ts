import { exitCodes } from "@host-service/protocol";
import type { PortableAnswer } from "@host-service/protocol";
import type { Invocation } from "../arguments/command.ts";
import { printAnswer, printWarnings } from "../output/answer.ts";
import { historyLines } from "../output/history.ts";
import { serviceLines, serviceListLines } from "../output/portable.ts";
import { connect } from "./connect.ts";
import { serviceNameOf } from "./portable-name.ts";

export async function list(invocation: Invocation): Promise<number> {
  const answer = await connect(invocation).call("listPortable");
  printAnswer(invocation, answer, serviceListLines(answer.services));
  return exitCodes.done;
}

export async function status(invocation: Invocation): Promise<number> {
  const answer = await connect(invocation).call("portableStatus", { parameters: named(invocation, "status") });
  printAnswer(invocation, answer, serviceLines(answer));
  return exitCodes.done;
}

export async function history(invocation: Invocation): Promise<number> {
  const answer = await connect(invocation).call("portableHistory", { parameters: named(invocation, "history") });
  printAnswer(invocation, answer, historyLines(answer.history));
  return exitCodes.done;
}

export async function commit(invocation: Invocation): Promise<number> {
  const expect = invocation.values.get("expect");
  const request = expect === undefined ? {} : { expect };
  const parameters = named(invocation, "commit");
  return finish(invocation, await connect(invocation).call("commitPortable", { parameters, request }));
}

export async function rollback(invocation: Invocation): Promise<number> {
  const parameters = named(invocation, "rollback");
  return finish(invocation, await connect(invocation).call("rollbackPortable", { parameters, request: {} }));
}

export async function detach(invocation: Invocation): Promise<number> {
  const parameters = named(invocation, "detach");
  printAnswer(invocation, await connect(invocation).call("detachPortable", { parameters }), ["OK"]);
  return exitCodes.done;
}

/** What every change of a service prints when it is done. */
export function finish(invocation: Invocation, answer: PortableAnswer): number {
  printWarnings(answer.warnings);
  printAnswer(invocation, answer, ["OK"]);
  return exitCodes.done;
}

function named({ positionals }: Invocation, command: string): { name: string } {
  return { name: serviceNameOf(positionals[0] ?? "", ["portable", command], "see hostctl portable list") };
}
