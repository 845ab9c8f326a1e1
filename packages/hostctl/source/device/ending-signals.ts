/** What ends a command from outside. */
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Cleans up where a signal or `process.exit` ends the process. A command that handles a signal itself, as an install does with Ctrl-C, is left to it; its own
 * end comes by the usual way.
 */
export function endingSignals(cleanUp: () => void): { end: () => void } {
  const onSignal = (signal: NodeJS.Signals): void => {
    if (process.listenerCount(signal) > 1) return;
    cleanUp();
    process.off(signal, onSignal);
    process.kill(process.pid, signal);
  };
  for (const signal of signals) process.on(signal, onSignal);
  process.on("exit", cleanUp);
  return {
    end: () => {
      for (const signal of signals) process.off(signal, onSignal);
      process.off("exit", cleanUp);
    },
  };
}
