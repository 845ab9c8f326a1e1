const nothing = new Uint8Array(0);

/**
 * The bytes that were pushed and not yet used. Readers are generators that yield when they need another push.
 * Views into a pushed chunk are good only until the reader yields, so the caller may reuse one buffer for all chunks.
 */
export class ByteQueue {
  #chunk: Uint8Array = nothing;
  #at = 0;
  #ended = false;
  readonly #shortage: () => Error;

  /** @param shortage makes the error for bytes that were needed after the end */
  constructor(shortage: () => Error) {
    this.#shortage = shortage;
  }

  /** Only after the reader has yielded, which it does with an empty queue. */
  push(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#at = 0;
  }

  end(): void {
    this.push(nothing);
    this.#ended = true;
  }

  get #available(): number {
    return this.#chunk.byteLength - this.#at;
  }

  #view(bytes: number): Uint8Array {
    const view = this.#chunk.subarray(this.#at, this.#at + bytes);
    this.#at += bytes;
    return view;
  }

  /** True when there is at least one more byte. */
  *more(): Generator<void, boolean, void> {
    while (this.#available === 0) {
      if (this.#ended) return false;
      yield;
    }
    return true;
  }

  /** Exactly so many bytes; they are copied only where they lie across two chunks. */
  *take(bytes: number): Generator<void, Uint8Array, void> {
    if (this.#available >= bytes) return this.#view(bytes);
    const whole = new Uint8Array(bytes);
    let filled = 0;
    while (filled < bytes) {
      const part = yield* this.some(bytes - filled);
      whole.set(part, filled);
      filled += part.byteLength;
    }
    return whole;
  }

  /** At least one byte, at most so many, never copied. */
  *some(bytesMax: number): Generator<void, Uint8Array, void> {
    if (!(yield* this.more())) throw this.#shortage();
    return this.#view(Math.min(bytesMax, this.#available));
  }

  *skip(bytes: number): Generator<void, void, void> {
    let left = bytes;
    while (left > 0) left -= (yield* this.some(left)).byteLength;
  }
}
