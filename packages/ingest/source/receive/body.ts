import type { TrailingDigest } from "../digest/trailing-digest.ts";
import { IngestError } from "../error.ts";
import { whileItGrows } from "../growth.ts";
import { checkSize, checkSpaceLeft, reserve } from "../measure.ts";
import type { PartialFile } from "../partial-file.ts";
import type { Reception } from "../reception.ts";
import { type Watch, watched } from "../stall-timer.ts";
import { contentLength } from "./content-length.ts";
import type { Source } from "./source.ts";

/** The body of a request; its length is Content-Length unless the caller knows better. */
export function bodySource(request: Request, bytesExpected = contentLength(request)): Source {
  return {
    bytesExpected,
    async fill(partial, reception, digest) {
      if (bytesExpected !== undefined) await reserve(partial.writer, { offset: 0, bytes: bytesExpected });
      const { action, signal, limits } = reception;
      const { stallTimeoutMs } = limits;
      await watched({ action, signal, stallTimeoutMs }, (watch) => {
        // It settles when the body has ended or the request was answered. It is not waited for after an
        // interruption, because the answer comes after our rejection.
        const write = partial.hold(Bun.write(Bun.file(partial.writer), request));
        const arrival = write.catch((error: unknown) => {
          throw leftMidway(error) ? incomplete(partial, reception, { bytesExpected, error }) : error;
        });
        return Promise.race([arrival, growth(partial, reception, { bytesExpected, watch, digest })]);
      });
    },
    close: () => {},
  };
}

/** Never resolves; rejects when the body outgrows what it may take. */
function growth(
  partial: PartialFile,
  reception: Reception,
  { bytesExpected, watch, digest }: { bytesExpected: number | undefined; watch: Watch; digest: TrailingDigest },
): Promise<never> {
  let bytesSeen = 0;
  return whileItGrows(watch, () => {
    const { bytesWritten: bytes } = partial;
    reception.report("receive", bytes, bytesExpected);
    if (bytes === bytesSeen) return;
    bytesSeen = bytes;
    watch.alive();
    digest.reached(bytes);
    checkSize(bytes, reception);
    if (bytesExpected === undefined) checkSpaceLeft(bytes, reception);
  });
}

function leftMidway(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

function incomplete(
  { bytes }: PartialFile,
  { action, signal }: Reception,
  { bytesExpected, error }: { bytesExpected: number | undefined; error: unknown },
): IngestError {
  // The signal may be the request's own, which fires for the same reason.
  if (signal?.aborted === true) return new IngestError(action, { kind: "cancelled" }, { cause: error });
  return new IngestError(action, { kind: "incomplete", bytes, bytesExpected }, { cause: error });
}
