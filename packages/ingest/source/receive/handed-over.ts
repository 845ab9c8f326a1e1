import { inProcessBytesMax } from "../digest/digest.ts";
import type { TrailingDigest } from "../digest/trailing-digest.ts";
import { codeOf, IngestError, messageOf } from "../error.ts";
import { checkSize, measure } from "../measure.ts";
import type { PartialFile } from "../partial-file.ts";
import type { Reception } from "../reception.ts";
import { refusalCode } from "../take/descriptor.ts";
import { take } from "../take/take.ts";
import type { Source } from "./source.ts";

/**
 * The open file that waits in a connection. This process never takes it out: with a descriptor of a file system that hangs, a process
 * can do nothing without waiting, not even close it. A child does all of it.
 */
export function handedOverSource(connection: number): Source {
  return {
    bytesExpected: undefined,
    fill: (partial, reception, digest) => fill(partial, { connection, reception, digest }),
    close: () => {},
  };
}

async function fill(
  partial: PartialFile,
  { connection, reception, digest }: { connection: number; reception: Reception; digest: TrailingDigest },
): Promise<void> {
  const { action, limits } = reception;
  // Both children start at once, and one waits for the other's bytes.
  if (limits.imageBytesMax > inProcessBytesMax) digest.start();
  let bytesExpected = 0;
  const onSource = (bytes: number) => {
    bytesExpected = bytes;
    measure(bytes, reception);
  };
  const onBytes = (done: number) => digest.reached(done);
  const bytesMax = limits.imageBytesMax;
  const work = take(reception, { connection, to: partial.writer, bytesMax, onSource, onBytes });
  const isChanged = await work.catch((error: unknown) => {
    if (codeOf(error) !== refusalCode) throw error;
    throw new IngestError(action, { kind: "descriptor-refused", found: messageOf(error) }, { cause: error });
  });
  checkSize(bytesExpected, reception);
  if (isChanged || partial.bytes !== bytesExpected) throw new IngestError(action, { kind: "changed" });
}
