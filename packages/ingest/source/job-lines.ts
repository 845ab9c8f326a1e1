export type JobLine =
  | { type: "source"; bytes: number }
  | { type: "progress"; bytes: number }
  | { type: "done"; result: Record<string, unknown> }
  | { type: "failed"; code: string; message: string };

/** A line of our own job is short; more is not ours. */
const lineBytesMax = 64 * 1024;

/** The lines that a job printed, as they come. */
export async function* jobLines(output: ReadableStream<Uint8Array>): AsyncGenerator<JobLine> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of output) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > lineBytesMax) throw new Error("Cannot read the job's report: a line is too long");
    for (const line of lines) yield parseLine(line);
  }
}

function parseLine(line: string): JobLine {
  const { type, ...members } = parseObject(line);
  if ((type === "progress" || type === "source") && typeof members["bytes"] === "number") {
    return { type, bytes: members["bytes"] };
  }
  if (type === "done") return { type, result: members };
  if (type === "failed") {
    return { type, code: String(members["code"]), message: String(members["message"]) };
  }
  throw new Error(`Cannot read the job's report: unknown line ${JSON.stringify(line)}`);
}

function parseObject(line: string): Record<string, unknown> {
  const value: unknown = JSON.parse(line);
  if (typeof value === "object" && value !== null) return { ...value };
  throw new Error(`Cannot read the job's report: not an object: ${JSON.stringify(line)}`);
}
