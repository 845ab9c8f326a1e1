// Work that takes a while each time, one piece a turn of the event loop and the asking parties in turn. Who has had much of the loop waits until three quarters of
// the time since then are the others', so that whoever asks for much waits for itself.
const shareMax = 0.25;
const debtMsMax = 50;

interface Queue {
  work: (() => void)[];
  /** What it has had of the loop, less its share of the time since. */
  debtMs: number;
  at: number;
}

export class Turns {
  readonly #queues = new Map<object, Queue>();
  #isRunning = false;

  ask(party: object, work: () => void): void {
    const queue = this.#queues.get(party) ?? { work: [], debtMs: 0, at: performance.now() };
    queue.work.push(work);
    this.#queues.set(party, queue);
    if (this.#isRunning) return;
    this.#isRunning = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    const [party, queue] = this.#next() ?? [];
    if (party !== undefined && queue !== undefined) this.#run(party, queue);
    if (this.#next() !== undefined) setImmediate(() => this.#turn());
    else if (this.#queues.size > 0) setTimeout(() => this.#turn(), 1);
    else this.#isRunning = false;
  }

  #run(party: object, queue: Queue): void {
    // To the end of the line.
    this.#queues.delete(party);
    this.#queues.set(party, queue);
    const begun = performance.now();
    try {
      queue.work.shift()?.();
    } finally {
      queue.debtMs += performance.now() - begun;
    }
  }

  #next(): [object, Queue] | undefined {
    const now = performance.now();
    for (const [party, queue] of this.#queues) {
      queue.debtMs = Math.max(0, queue.debtMs - shareMax * (now - queue.at));
      queue.at = now;
      if (queue.work.length > 0 && queue.debtMs < debtMsMax) return [party, queue];
      if (queue.work.length === 0 && queue.debtMs === 0) this.#queues.delete(party);
    }
    return undefined;
  }
}
