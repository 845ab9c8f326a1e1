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
  const blake2b512 = options.blake2b512 === true ? new Bun.CryptoHasher("blake2b512") : undefined;
  const bounded = slotBytes === undefined ? source : withinSlot(source, slotBytes);
  const { bytes, sha256 } = await pour(whole(bounded, sourceBytes), { sink, bytes: sourceBytes, hash: blake2b512 });
  const warnings =
    options.expectedSha256 === undefined ? ["the image was not verified: it is raw, and has no signature"] : [];
  return { kind: "raw", bytes, sha256, blake2b512: blake2b512?.digest("hex"), warnings };
}

/** It may not end before as much has come as was said. */
function whole(source: ByteSource, bytes: number | undefined): ByteSource {
  let done = 0;
  return {
    async read(into) {
      const got = await source.read(into);
      done += got;
      if (got > 0 || bytes === undefined || done === bytes) return got;
      throw refusal("truncated", `${done} of its ${bytes} bytes have come`, { as });
    },
  };
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
