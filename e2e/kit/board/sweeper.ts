// What takes a board away, also where the tests end without a word.
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { must } from "../run.ts";

export interface Sweeper {
  /** Throws where something of the board is left. */
  sweep: () => Promise<void>;
}

export async function startSweeper(directory: string): Promise<Sweeper> {
  const pipe = join(directory, "held");
  await must(["mkfifo", pipe]);
  // Held for reading too, so that opening it does not wait for the other side.
  const held = openSync(pipe, "r+");
  const sweeper = Bun.spawn(["/bin/sh", join(import.meta.dirname, "sweep.sh"), directory], {
    stdio: ["ignore", "pipe", "inherit"],
    // A Ctrl-C is not for it.
    detached: true,
  });
  let swept: Promise<void> | undefined;
  const sweep = async () => {
    closeSync(held);
    if ((await sweeper.stdout.text()) !== "gone\n") throw new Error(`Cannot take the board in "${directory}" away`);
  };
  return { sweep: () => (swept ??= sweep()) };
}
