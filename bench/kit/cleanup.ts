// What is to be undone, last first, also when the benchmark is interrupted: so each step is synchronous.
const steps: (() => void)[] = [];

/** Answers a function that does it now. */
export function atEnd(undo: () => void): () => void {
  steps.push(undo);
  return () => {
    const index = steps.lastIndexOf(undo);
    if (index < 0) return;
    steps.splice(index, 1);
    undo();
  };
}

export function cleanUp(): void {
  for (let undo = steps.pop(); undo !== undefined; undo = steps.pop()) {
    try {
      undo();
    } catch (error) {
      process.stderr.write(`Cannot clean up: ${String(error)}\n`);
    }
  }
}

export function cleanUpWhenEnded(): void {
  for (const [signal, number] of [
    ["SIGINT", 2],
    ["SIGTERM", 15],
    ["SIGHUP", 1],
  ] as const) {
    process.on(signal, () => {
      cleanUp();
      process.exit(128 + number);
    });
  }
}
