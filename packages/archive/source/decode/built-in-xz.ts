// The only place that knows xz-decompress, which wraps xz-embedded. It is the fallback where the host has no `xz`.
import { XzReadableStream } from "xz-decompress";

export type DecodeErrorKind = "corrupt" | "truncated" | "unsupported" | "memory" | "failed";

export class DecodeError extends Error {
  override readonly name = "DecodeError";
  readonly kind: DecodeErrorKind;

  constructor(kind: DecodeErrorKind, why: string, cause?: unknown) {
    super(`Cannot decode xz: ${why}`, cause === undefined ? undefined : { cause });
    this.kind = kind;
  }
}

const chunkBytes = 256 * 1024;
const sha256Check = 10;
const install = "install xz-utils on the host";

/**
 * Decodes all streams of an .xz file, piece by piece. `read` fills a buffer and says how much, 0 at the end. Pieces come before
 * the checks that cover them: nothing counts before this has returned. Throws DecodeError.
 */
export async function decodeXz(
  read: (buffer: Uint8Array) => number,
  write: (piece: Uint8Array) => void,
): Promise<void> {
  let check: number | undefined;
  let readError: unknown;
  const packed = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        try {
          const buffer = new Uint8Array(chunkBytes);
          const filled = read(buffer);
          if (filled === 0) return controller.close();
          check ??= filled > 7 ? (buffer[7] ?? 0) & 0x0f : undefined;
          controller.enqueue(buffer.subarray(0, filled));
        } catch (error) {
          readError = error;
          controller.error(error);
        }
      },
    },
    { highWaterMark: 0 },
  );
  const pieces = new XzReadableStream(packed).getReader();
  for (;;) {
    const { done, value } = await pieces.read().catch((error: unknown) => {
      throw readError === undefined ? explain(error, check) : new DecodeError("failed", describe(readError), readError);
    });
    if (done) return;
    if (value.byteLength > 0) write(value);
  }
}

/** xz-embedded's `enum xz_ret`, which comes as the last word of the message. */
function explain(error: unknown, check: number | undefined): DecodeError {
  switch (Number(/error code (\d+)$/u.exec(describe(error))?.[1])) {
    case 3:
    case 4:
      return new DecodeError("memory", `it needs a larger dictionary than the built-in decoder has; ${install}`, error);
    case 2:
    case 6:
      return check === sha256Check
        ? new DecodeError("unsupported", `the built-in decoder does not know its SHA-256 check; ${install}`, error)
        : new DecodeError("unsupported", `the built-in decoder does not know one of its options; ${install}`, error);
    case 5:
      return new DecodeError("corrupt", "it does not begin as xz data does", error);
    case 7:
      return new DecodeError("corrupt", "its data is damaged; fetch it again", error);
    case 8:
      return new DecodeError("truncated", "it was cut off or something was appended; fetch it again", error);
    default:
      // Empty input makes the library fail on a null of its own.
      return error instanceof TypeError && check === undefined
        ? new DecodeError("truncated", "it is empty", error)
        : new DecodeError("failed", describe(error), error);
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
