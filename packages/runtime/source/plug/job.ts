// The child that plugs: descriptor 1 takes one line, a JSON string, of why it could not; nothing where it could.
import { writeSync } from "node:fs";
import { parse } from "@host-service/schema";
import { DiskError } from "@host-service/disk";
import { RuntimeError } from "../error.ts";
import { plugIn, plugOut } from "./plug.ts";
import { plugRequest } from "./request.ts";

const outputFd = 1;

export async function runPlugJob(argv: readonly string[]): Promise<number> {
  try {
    const { verb, what, ...context } = parse(plugRequest, JSON.parse(argv[0] ?? "null"), { subject: "the request" });
    const say = (line: string) => void writeSync(2, `${line}\n`);
    if (verb === "in") plugIn(what, { ...context, say });
    else plugOut(what, context);
    return 0;
  } catch (error) {
    writeSync(outputFd, `${JSON.stringify(sentenceOf(error))}\n`);
    return 1;
  }
}

function sentenceOf(error: unknown): string {
  if (error instanceof RuntimeError) return error.message;
  if (error instanceof DiskError) return `Cannot change the devices of the container: ${error.message}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
