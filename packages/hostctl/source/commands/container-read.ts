import { exitCodes } from "@host-service/protocol";
import type { Invocation } from "../arguments/command.ts";
import { printAnswer } from "../output/answer.ts";
import { CommandError } from "../output/failure.ts";
import { historyLines } from "../output/history.ts";
import { listLines } from "../output/list.ts";
import { printableJson, printableLines } from "../output/printable.ts";
import { statusLines } from "../output/status.ts";
import { write, writeLine } from "../output/write.ts";
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

/** With `--json` the whole log is one document, and so has a limit; as text it flows through. */
const jsonLogBytesMax = 16 * 1024 * 1024;

/** A file or a pipe gets the bytes as they are, a terminal gets no control characters. */
export async function logs(invocation: Invocation): Promise<number> {
  const stream = await connect(invocation).containerLogs(containerName(invocation));
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of stream) {
    if (invocation.quiet) continue;
    bytes += chunk.byteLength;
    if (invocation.json) {
      if (bytes > jsonLogBytesMax)
        throw new CommandError("Cannot print the log as JSON: it is too long; leave --json out");
      text += decoder.decode(chunk, { stream: true });
    } else if (process.stdout.isTTY) write("stdout", printableLines(decoder.decode(chunk, { stream: true })));
    else write("stdout", chunk);
  }
  if (invocation.json && !invocation.quiet) writeLine("stdout", printableJson({ log: text + decoder.decode() }));
  return exitCodes.done;
}
