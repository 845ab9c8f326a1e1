import { write } from "node:fs";
import { promisify } from "node:util";
import { type FilePart, readPart } from "../descriptor.ts";
import { IngestError } from "../error.ts";
import { textBytesMax } from "../limits.ts";
import { checkSize } from "../measure.ts";
import type { Reception } from "../reception.ts";
import type { Source } from "./source.ts";

const writeDescriptor = promisify(write);

/** Text that came inside a request, such as config.yaml. */
export function textSource(text: string, { action }: Reception): Source {
  const contents = new TextEncoder().encode(text);
  checkHeld(contents.byteLength, { action, nextStep: "give it as a file" });
  return contentsSource(contents);
}

/** A small part of a file of the inbox. Its length comes from outside, so it is checked before it is read. */
export async function partSource(fd: number, part: FilePart, reception: Reception): Promise<Source> {
  const { action } = reception;
  checkHeld(part.bytes, { action, nextStep: "make it smaller" });
  checkSize(part.bytes, reception);
  return contentsSource(await readPart(fd, part));
}

/** What is held in memory has a limit of its own. */
function checkHeld(bytes: number, { action, nextStep }: { action: string; nextStep: string }): void {
  if (bytes <= textBytesMax) return;
  throw new IngestError(action, { kind: "too-large", bytes, bytesMax: textBytesMax, nextStep });
}

function contentsSource(contents: Uint8Array): Source {
  const bytes = contents.byteLength;
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
