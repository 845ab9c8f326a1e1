// A board's disk at an instant, to begin at again and again.
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { partitionNames, untilFree } from "./disk.ts";
import type { Board } from "../board.ts";
import { must } from "../run.ts";

export interface Snapshot {
  /** The board has to be switched off. */
  restore: () => Promise<void>;
}

/** Of a board that is switched off; it goes with the board. */
export async function takeSnapshot(board: Board): Promise<Snapshot> {
  const directory = await mkdtemp(join(board.directory, "snapshot-"));
  const saved = (name: string) => join(directory, name);
  const copy = async (from: string, to: string) => {
    await must(["dd", `if=${from}`, `of=${to}`, "bs=4M", "conv=notrunc", "status=none"]);
  };
  const each = async (act: (name: (typeof partitionNames)[number]) => Promise<void>) => {
    for (const name of partitionNames) {
      await untilFree(board.device(name));
      await act(name);
    }
  };
  await each((name) => copy(board.device(name), saved(name)));
  return { restore: () => each((name) => copy(saved(name), board.device(name))) };
}
