import { expect, test } from "bun:test";
import { readLines } from "../../../source/tools/run/read-lines.ts";

async function linesOf(...pieces: string[]): Promise<{ lines: string[]; pieces: number }> {
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
      controller.close();
    },
  });
  const lines: string[] = [];
  let count = 0;
  await readLines(stream, { onLine: (line) => void lines.push(line), onBytes: () => (count += 1) }).ended;
  return { lines, pieces: count };
}

test("readLines gives whole lines, however they come in pieces", async () => {
  const text = "one\ntwo\r 10%\r 20%\nlast";
  const expected = ["one", "two", " 10%", " 20%", "last"];
  for (let cut = 0; cut <= text.length; cut += 1) {
    const { lines } = await linesOf(...[text.slice(0, cut), text.slice(cut)].filter(Boolean));
    expect({ cut, lines }).toEqual({ cut, lines: expected });
  }
  expect(await linesOf(...text)).toEqual({ lines: expected, pieces: text.length });
  expect(await linesOf()).toEqual({ lines: [], pieces: 0 });
});

test("readLines cuts a line that does not end, and goes on behind it", async () => {
  const dots = ".".repeat(10_000);
  const { lines } = await linesOf(dots, dots, dots, "\nnext\n", `${dots}${dots}\n`);
  expect(lines.map((line) => line.length)).toEqual([16_384, 4, 16_384]);
});
