import type { Reception } from "../reception.ts";
import { runJob } from "../run-job.ts";

export interface Copy {
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
}

/** Copies in a child: a source that hangs for ever holds the child alone, and the stall timer ends it. */
export async function copy(reception: Reception, { from, to, bytes }: Copy): Promise<void> {
  await runJob(reception, {
    name: "copy",
    bytes,
    offset: 0,
    input: "ignore",
    descriptors: [from, to],
    onBytes: (done) => reception.report("receive", done, bytes),
  });
}
