// One direction of a connection that is passed on: what the socket does not take waits here, and its source is told to wait.
export interface Sink {
  write(bytes: Uint8Array): number;
}

export class Outlet {
  readonly #sink: Sink;
  #waiting: Uint8Array[] = [];
  #bytes = 0;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  get bytesWaiting(): number {
    return this.#bytes;
  }

  get chunksWaiting(): number {
    return this.#waiting.length;
  }

  /** False where the source has to wait until `drain` says true. */
  write(chunk: Uint8Array): boolean {
    if (this.#waiting.length > 0) return this.#keep(chunk);
    const taken = Math.max(0, this.#sink.write(chunk));
    return taken >= chunk.byteLength || this.#keep(chunk.subarray(taken));
  }

  /** True when everything went out. */
  drain(): boolean {
    let done = 0;
    for (const chunk of this.#waiting) {
      const taken = Math.max(0, this.#sink.write(chunk));
      this.#bytes -= taken;
      if (taken < chunk.byteLength) {
        this.#waiting[done] = chunk.subarray(taken);
        break;
      }
      done++;
    }
    this.#waiting.splice(0, done);
    return this.#waiting.length === 0;
  }

  #keep(chunk: Uint8Array): false {
    this.#waiting.push(chunk);
    this.#bytes += chunk.byteLength;
    return false;
  }
}
