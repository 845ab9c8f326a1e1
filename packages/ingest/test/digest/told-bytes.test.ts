import { expect, test } from "bun:test";
import { toldBytes } from "../../source/digest/told-bytes.ts";

async function read(...chunks: string[]): Promise<number[]> {
  const input = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
      controller.close();
    },
  });
  return Array.fromAsync(toldBytes(input));
}

test("toldBytes: a number counts when its line is whole, and the last one of several", async () => {
  expect(await read("1", "0\n20\n3", "0\n", "40\n50\n")).toEqual([20, 30, 50]);
  expect(await read()).toEqual([]);
  expect(await read("10")).toEqual([]);
});

test("toldBytes: what is no number is refused", async () => {
  for (const wrong of ["x\n", "-1\n", "1.5\n", "\n", "1".repeat(16) + "\n"]) {
    expect(await read(wrong).catch((error: unknown) => error)).toBeInstanceOf(Error);
  }
});
