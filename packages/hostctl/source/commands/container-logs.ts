import { exitCodes } from "@host-service/protocol";
import type { Invocation } from "../arguments/command.ts";
import { UsageError } from "../arguments/usage-error.ts";
import { CommandError } from "../output/failure.ts";
import { printableJson, printableLines } from "../output/printable.ts";
import { write, writeLine } from "../output/write.ts";
import { connect } from "./connect.ts";
import { containerName } from "./container-name.ts";

const path = ["container", "logs"];

/** With `--json` the whole log is one document, and so has a limit; as text it flows through. */
const jsonLogBytesMax = 16 * 1024 * 1024;

/** A file or a pipe gets the bytes as they are, a terminal gets no control characters. */
export async function logs(invocation: Invocation): Promise<number> {
  const container = containerName(invocation);
  const query = queryOf(invocation);
  const stream = await connect(invocation).containerLogs(container, query);
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

function queryOf({ values, switches, json }: Invocation): Record<string, string> {
  const [lines, boot] = [values.get("lines"), values.get("boot")];
  if (lines !== undefined && !/^\d{1,6}$/.test(lines)) {
    throw new UsageError(`Cannot print the log: --lines "${lines}" is no number; give one from 0 to 100000`, path);
  }
  if (boot !== undefined && !/^(?:all|0|-[1-9]\d*)$/.test(boot)) {
    throw new UsageError(`Cannot print the log: --boot "${boot}" is neither 0, -1, -2, … nor "all"`, path);
  }
  const follow = switches.has("follow");
  if (follow && (json || switches.has("trial") || boot !== undefined)) {
    const other = json ? "--json" : switches.has("trial") ? "--trial" : "--boot";
    throw new UsageError(`Cannot print the log: --follow does not go with ${other}, which has an end`, path);
  }
  return {
    ...(lines === undefined ? {} : { lines }),
    ...(boot === undefined ? {} : { boot }),
    ...(follow ? { follow: "true" } : {}),
    ...(switches.has("trial") ? { trial: "true" } : {}),
  };
}
