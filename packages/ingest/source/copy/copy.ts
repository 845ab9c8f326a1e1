import type { Reception } from "../reception.ts";
import { runJob } from "../run-job.ts";

export interface Copy {
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
  readonly onBytes: (bytes: number) => void;
}

/** Copies in a child: a source that hangs for ever holds the child alone, and the stall timer ends it. */
export async function copy(reception: Reception, { from, to, bytes, onBytes }: Copy): Promise<void> {
  await runJob(reception, {
    name: "copy",
    bytes,
    offset: 0,
    descriptors: [from, to],
    onBytes: (done) => {
      onBytes(done);
      reception.report("receive", done, bytes);
    },
  });
}
