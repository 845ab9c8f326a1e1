import { write } from "node:fs";
import { promisify } from "node:util";
import { IngestError } from "../error.ts";
import { textBytesMax } from "../limits.ts";
import type { Reception } from "../reception.ts";
import type { Source } from "./source.ts";

const writeDescriptor = promisify(write);

/** Text that came inside a request, such as config.yaml, or a small part of a file of the inbox. */
export function contentsSource(contents: Uint8Array, { action }: Reception): Source {
  const bytes = contents.byteLength;
  if (bytes > textBytesMax) {
    const nextStep = "give it as a file";
    throw new IngestError(action, { kind: "too-large", bytes, bytesMax: textBytesMax, nextStep });
  }
  return {
    bytesExpected: bytes,
    async fill(partial) {
      let position = 0;
      while (position < bytes) {
        const step = writeDescriptor(partial.writer, contents, position, bytes - position, position);
        position += (await partial.hold(step)).bytesWritten;
      }
    },
    close: () => {},
  };
}
