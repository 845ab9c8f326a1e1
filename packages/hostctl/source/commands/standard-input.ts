import { createReadStream } from "node:fs";

const chunkBytes = 256 * 1024;

/** Standard input as a stream that reads only as fast as it is sent. */
export function standardInput(): ReadableStream<Uint8Array> {
  const chunks: AsyncIterator<unknown> = createReadStream("", { fd: 0, autoClose: false, highWaterMark: chunkBytes })[
    Symbol.asyncIterator
  ]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (value instanceof Uint8Array) controller.enqueue(value);
        else if (done === true) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}
