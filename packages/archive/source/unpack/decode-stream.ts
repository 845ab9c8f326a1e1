// One compressed stream from pieces that come in to pieces that go out, by a decoder that is a process of its own.
import type { FileSink } from "bun";
import type { ArchiveFormat } from "../decode/recognise.ts";
import { SingleXz } from "../decode/single-xz.ts";
import { type Decoder, type XzChoice, startDecoder } from "./decoder-process.ts";

const chunkBytes = 256 * 1024;

export interface DecodeStreamOptions {
  /** The argv that starts this program. */
  readonly program: readonly string[];
  readonly format: Exclude<ArchiveFormat, "tar">;
  /** How many compressed bytes there are. */
  readonly bytes: number;
  readonly memoryBytesMax: number;
  readonly xz?: XzChoice | undefined;
}

/** Fills a buffer from its start and answers how many bytes; 0 is the end. */
type Source = (into: Uint8Array) => number | Promise<number>;

/** The decoder reads `source` ahead of what is read here. */
export class DecodedStream {
  readonly #decoder: Decoder;
  readonly #output: AsyncIterator<Uint8Array>;
  /** What stopped the feeding, unless that was the end of the input. */
  readonly #stopped: Promise<{ error: unknown } | undefined>;
  readonly #single: SingleXz | undefined;
  #piece: Uint8Array = new Uint8Array();

  constructor(source: Source, options: DecodeStreamOptions) {
    const { bytes, xz = "auto", ...rest } = options;
    this.#single = options.format === "tar.xz" ? new SingleXz(bytes) : undefined;
    this.#decoder = startDecoder({ ...rest, xz, isSingle: true, input: "pipe", output: "pipe" });
    const { child } = this.#decoder;
    const { input, output, ended } = child;
    if (input === undefined || output === undefined) throw new Error("unreachable: both are pipes");
    this.#output = output[Symbol.asyncIterator]();
    const gone = ended.then(() => "gone" as const);
    this.#stopped = this.#feed(source, input, gone).then(
      () => undefined,
      (error: unknown) => {
        child.kill();
        return { error };
      },
    );
  }

  /**
   * Fills `into` from its start and answers how many bytes; 0 is the end, and says that the input was one whole stream with nothing
   * behind it. Throws ArchiveError, or what the source threw.
   */
  async read(into: Uint8Array): Promise<number> {
    while (this.#piece.byteLength === 0) {
      const next = await this.#output.next();
      if (next.done === true) return await this.#finish();
      this.#piece = next.value;
    }
    const filled = this.#piece.subarray(0, into.byteLength);
    into.set(filled);
    this.#piece = this.#piece.subarray(filled.byteLength);
    return filled.byteLength;
  }

  /** Ends the decoder wherever it is, and waits for that and for the source. */
  async close(): Promise<void> {
    this.#decoder.child.kill();
    await this.#output.return?.();
    await this.#decoder.child.ended;
    await this.#stopped;
  }

  async #finish(): Promise<0> {
    const ending = await this.#decoder.child.ended;
    const stopped = await this.#stopped;
    if (stopped !== undefined && !isBrokenPipe(stopped.error)) throw stopped.error;
    const failure = this.#decoder.failure(ending);
    if (failure !== undefined) throw failure;
    this.#single?.check();
    return 0;
  }

  async #feed(source: Source, input: FileSink, gone: Promise<"gone">): Promise<void> {
    const buffer = new Uint8Array(chunkBytes);
    for (;;) {
      const filled = await source(buffer);
      if (filled === 0) break;
      const piece = buffer.subarray(0, filled);
      this.#single?.push(piece);
      const taken = Promise.all([input.write(piece), input.flush()]);
      // A decoder may end early, and the pipe does not always say so.
      if ((await Promise.race([taken, gone])) === "gone") return;
    }
    await input.end();
  }
}

function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EPIPE";
}
