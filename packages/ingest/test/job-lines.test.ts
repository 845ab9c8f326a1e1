import { expect, test } from "bun:test";
import { type JobLine, jobLines } from "../source/job-lines.ts";

async function read(...chunks: string[]): Promise<JobLine[]> {
  const output = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
      controller.close();
    },
  });
  return Array.fromAsync(jobLines(output));
}

test("jobLines: lines come whole, however they were cut", async () => {
  const lines = await read(
    '{"type":"progress","by',
    'tes":5}\n{"type":"failed","code":"EIO","message":"no"}\n{"type":"done",',
    '"way":"read"}\n',
  );
  expect(lines).toEqual([
    { type: "progress", bytes: 5 },
    { type: "failed", code: "EIO", message: "no" },
    { type: "done", result: { way: "read" } },
  ]);
});

test("jobLines: a line without its end, from a job that was killed, is nothing", async () => {
  expect(await read('{"type":"done"')).toEqual([]);
});

for (const [what, output] of [
  ["another document", "[]\n"],
  ["an unknown type", '{"type":"hello"}\n'],
  ["progress without bytes", '{"type":"progress"}\n'],
  ["no JSON", "hello\n"],
  ["a line without an end", "x".repeat(100_000)],
] as const) {
  test(`jobLines: ${what} is refused`, async () => {
    expect(await read(output).catch((error: unknown) => error)).toBeInstanceOf(Error);
  });
}
