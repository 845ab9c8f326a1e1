// A digest that is made while its file still grows, so that little is left to do when the last byte has arrived: a job reads our own file
// behind whoever writes it.
import type { Reception } from "../reception.ts";
import { type JobInput, runJob } from "../run-job.ts";
import { checkedDigest, digest, inProcessBytesMax } from "./digest.ts";

export class TrailingDigest {
  readonly #reception: Reception;
  readonly #fd: number;
  readonly #ending = new AbortController();
  #input: JobInput | undefined;
  #sha256: Promise<string> | undefined;
  /** Known from `finish` on. */
  #bytesTotal: number | undefined;

  /** `fd` is for reading, and stays the caller's: the job has one of its own. */
  constructor(reception: Reception, fd: number) {
    this.#reception = reception;
    this.#fd = fd;
  }

  /** Starts the job before there is anything to read; otherwise it starts when there is enough of it. */
  start(): void {
    if (this.#sha256 !== undefined) return;
    this.#sha256 = this.#run();
    // A failure is for whoever finishes it; what is given up has nobody to hear of one.
    this.#sha256.catch(() => undefined);
  }

  /** So many bytes are there, and change no more. */
  reached(bytes: number): void {
    if (bytes > inProcessBytesMax) this.start();
    this.#input?.write(String(bytes));
  }

  /** The sha-256 of the whole, in hexadecimal; nothing comes any more. */
  async finish(bytes: number): Promise<string> {
    this.#bytesTotal = bytes;
    if (this.#sha256 === undefined) return await digest(this.#reception, this.#fd, { offset: 0, bytes });
    this.reached(bytes);
    this.#input?.end();
    return await this.#sha256;
  }

  /** Ends the job, where one runs. */
  giveUp(): void {
    this.#ending.abort();
  }

  async #run(): Promise<string> {
    const { signal } = this.#reception;
    const ending = this.#ending.signal;
    const reception = {
      ...this.#reception,
      signal: signal === undefined ? ending : AbortSignal.any([signal, ending]),
      // It reads our own file, so that it is gone at once; those who are told are counting the others.
      onJobKilled: undefined,
    };
    const { sha256 } = await runJob(reception, {
      name: "digest",
      bytes: 0,
      offset: 0,
      descriptors: [this.#fd],
      onInput: (input) => (this.#input = input),
      onBytes: (done) => this.#report(done),
    });
    return checkedDigest(sha256, reception);
  }

  #report(done: number): void {
    if (this.#bytesTotal !== undefined) this.#reception.report("verify", done, this.#bytesTotal);
  }
}
