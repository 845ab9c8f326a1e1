import type { Reception } from "../reception.ts";
import { runJob } from "../run-job.ts";

export interface Take {
  readonly connection: number;
  readonly to: number;
  /** Of a larger file nothing is copied. */
  readonly bytesMax: number;
  /** Is told the size before the copy; what it throws ends the job. */
  readonly onSource: (bytes: number) => void;
  readonly onBytes: (bytes: number) => void;
}

/** Answers whether the source changed while it was copied. */
export async function take(
  reception: Reception,
  { connection, to, bytesMax, onSource, onBytes }: Take,
): Promise<boolean> {
  let bytesTotal: number | undefined;
  const result = await runJob(reception, {
    name: "take",
    bytes: bytesMax,
    offset: 0,
    descriptors: [connection, to],
    onSource: (bytes) => {
      bytesTotal = bytes;
      onSource(bytes);
    },
    onBytes: (done) => {
      onBytes(done);
      reception.report("receive", done, bytesTotal);
    },
  });
  return result["isChanged"] === true;
}
