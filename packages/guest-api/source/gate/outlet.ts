// One direction of a connection that is passed on: what the socket does not take waits here, and its source is told to wait.
export interface Sink {
  write(bytes: Uint8Array): number;
}

export class Outlet {
  readonly #sink: Sink;
  #waiting: { chunk: Uint8Array; weight: number }[] = [];
  #bytes = 0;
  #weight = 0;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  get bytesWaiting(): number {
    return this.#bytes;
  }

  /** Of the chunks that wait, also in part. */
  get weightWaiting(): number {
    return this.#weight;
  }

  /** False where the source has to wait until `drain` says true. */
  write(chunk: Uint8Array, weight = 1): boolean {
    if (this.#waiting.length > 0) return this.#keep(chunk, weight);
    const taken = Math.max(0, this.#sink.write(chunk));
    return taken >= chunk.byteLength || this.#keep(chunk.subarray(taken), weight);
  }

  /** True when everything went out. */
  drain(): boolean {
    let done = 0;
    for (const { chunk, weight } of this.#waiting) {
      const taken = Math.max(0, this.#sink.write(chunk));
      this.#bytes -= taken;
      if (taken < chunk.byteLength) {
        this.#waiting[done] = { chunk: chunk.subarray(taken), weight };
        break;
      }
      this.#weight -= weight;
      done++;
    }
    this.#waiting.splice(0, done);
    return this.#waiting.length === 0;
  }

  #keep(chunk: Uint8Array, weight: number): false {
    this.#waiting.push({ chunk, weight });
    this.#bytes += chunk.byteLength;
    this.#weight += weight;
    return false;
  }
}
