/** Calls `act` once nothing has been touched for `quietMs`; answers what touches. Keeps no process alive. */
export function whenQuiet(quietMs: number, act: () => void): () => void {
  let timer: Timer | undefined;
  return () => {
    if (timer === undefined) {
      timer = setTimeout(() => {
        timer = undefined;
        act();
      }, quietMs);
      timer.unref();
    } else timer.refresh();
  };
}
