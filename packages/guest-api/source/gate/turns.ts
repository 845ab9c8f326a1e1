// Work that takes a while each time, one piece a turn of the event loop and the asking parties in turn: whoever asks for much waits for itself.
export class Turns {
  readonly #queues = new Map<object, (() => void)[]>();
  #isRunning = false;

  ask(party: object, work: () => void): void {
    const queue = this.#queues.get(party);
    if (queue === undefined) this.#queues.set(party, [work]);
    else queue.push(work);
    if (this.#isRunning) return;
    this.#isRunning = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    const next = this.#queues.entries().next().value;
    if (next === undefined) {
      this.#isRunning = false;
      return;
    }
    const [party, queue] = next;
    const work = queue.shift();
    // To the end of the line.
    this.#queues.delete(party);
    if (queue.length > 0) this.#queues.set(party, queue);
    setImmediate(() => this.#turn());
    work?.();
  }
}
