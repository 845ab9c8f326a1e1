// A raw image is its bytes and nothing else: nobody has signed it, and only who sent it can say whether it is whole.
import type { ReadUpgradeOptions } from "../options.ts";
import { pour } from "../pour.ts";
import { refusal } from "../refusal.ts";
import type { RawReport } from "../report.ts";
import type { ByteSource } from "../streams.ts";

const as = "the image";

type RawOptions = Pick<ReadUpgradeOptions, "slotBytes" | "sourceBytes" | "sink" | "blake2b512" | "expectedSha256"> & {
  readonly file: string;
};

/** Throws ArtifactError "space" or "truncated". The digest that is expected is the caller's to compare. */
export async function readRaw(source: ByteSource, options: RawOptions): Promise<RawReport> {
  const { slotBytes, sourceBytes, sink, file } = options;
  if (slotBytes !== undefined && sourceBytes !== undefined && sourceBytes > slotBytes) {
    throw refusal("space", `it has ${sourceBytes} bytes, the slot ${slotBytes}`, { as });
  }
  await sink?.begin({ file, bytes: sourceBytes });
  const sha256 = new Bun.CryptoHasher("sha256");
  const blake2b512 = options.blake2b512 === true ? new Bun.CryptoHasher("blake2b512") : undefined;
  const hashes = blake2b512 === undefined ? [sha256] : [sha256, blake2b512];
  const bounded = slotBytes === undefined ? source : withinSlot(source, slotBytes);
  const bytes = await pour(bounded, { hashes, sink, bytes: sourceBytes });
  if (sourceBytes !== undefined && bytes !== sourceBytes) {
    throw refusal("truncated", `${bytes} of its ${sourceBytes} bytes have come`, { as });
  }
  const warnings =
    options.expectedSha256 === undefined ? ["the image was not verified: it is raw, and has no signature"] : [];
  return { kind: "raw", bytes, sha256: sha256.digest("hex"), blake2b512: blake2b512?.digest("hex"), warnings };
}

/** At the end of the slot one more byte is asked for, which there must not be. */
function withinSlot(source: ByteSource, slotBytes: number): ByteSource {
  let left = slotBytes;
  return {
    async read(into) {
      const got = await source.read(left === 0 ? into.subarray(0, 1) : into.subarray(0, left));
      if (got > left) throw refusal("space", `it has more bytes than the slot, which has ${slotBytes}`, { as });
      left -= got;
      return got;
    },
  };
}
