import { OperationEvent } from "@host-service/protocol";
import { ClientError } from "./error.ts";
import { limits } from "./limited.ts";
import { validate } from "./validate.ts";

/**
 * The lines of a byte stream, without their line ends. Blank ones are heartbeats and are left out. A line above the limit ends
 * the reading with a ClientError, so that memory does not grow with what is sent.
 */
export async function* readLines(
  stream: AsyncIterable<Uint8Array>,
  lineBytesMax: number = limits.eventBytesMax,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const pieces = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = pieces.pop() ?? "";
    for (const piece of pieces) {
      const line = piece.trim();
      if (line.length > lineBytesMax) throw tooLong(lineBytesMax);
      if (line !== "") yield line;
    }
    if (rest.length > lineBytesMax) throw tooLong(lineBytesMax);
  }
  if (rest.trim() !== "") yield rest.trim();
}

/** The events of an operation. Types that a later daemon may add are left out. */
export async function* readEvents(stream: AsyncIterable<Uint8Array>): AsyncGenerator<OperationEvent> {
  for await (const line of readLines(stream)) {
    const value = parseLine(line);
    const found = await validate<OperationEvent>(OperationEvent, value);
    if (found.value !== undefined) yield found.value;
    else if (isKnownType(value)) {
      throw new ClientError("protocol", `Cannot read the events of the operation: ${found.issue}`);
    }
  }
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new ClientError("protocol", "Cannot read the events of the operation: a line is not JSON", { cause: error });
  }
}

function isKnownType(value: unknown): boolean {
  if (typeof value !== "object" || value === null || !("type" in value)) return true;
  return value.type === "progress" || value.type === "result" || value.type === "error";
}

function tooLong(lineBytesMax: number): ClientError {
  return new ClientError(
    "protocol",
    `Cannot read the events of the operation: a line is longer than ${lineBytesMax} bytes`,
  );
}
