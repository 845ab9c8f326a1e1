/** A stretch of a block, either all zeros or to be written. */
export interface Run {
  readonly from: number;
  readonly to: number;
  readonly isZero: boolean;
}

/** Shorter stretches of zeros are written: a request of their own would cost more. */
export const zeroRunBytes = 64 * 1024;
const zeros = Buffer.alloc(zeroRunBytes);

/** The block as runs without gaps, each as long as it can be; only whole pieces of `zeroRunBytes` are zero runs. */
export function zeroRuns(block: Uint8Array): Run[] {
  const bytes = Buffer.from(block.buffer, block.byteOffset, block.byteLength);
  const runs: Run[] = [];
  for (let from = 0; from < bytes.byteLength; from += zeroRunBytes) {
    const piece = bytes.subarray(from, from + zeroRunBytes);
    // A native comparison, which ends at the first difference.
    const isZero = piece.equals(zeros);
    const last = runs.at(-1);
    const to = from + piece.byteLength;
    if (last?.isZero === isZero) runs[runs.length - 1] = { ...last, to };
    else runs.push({ from, to, isZero });
  }
  return runs;
}
