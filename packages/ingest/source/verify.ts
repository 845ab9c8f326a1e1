import type { PartialFile } from "./partial-file.ts";
import type { TrailingDigest } from "./digest/trailing-digest.ts";
import { IngestError } from "./error.ts";
import { checkSize } from "./measure.ts";
import { syncDescriptor } from "./descriptor.ts";
import type { Reception } from "./reception.ts";
import { watched } from "./stall-timer.ts";

export interface ToVerify {
  readonly digest: TrailingDigest;
  readonly bytesExpected: number | undefined;
  readonly sha256: string | undefined;
}

/**
 * Is it all, and is it what was meant? Sync and digest run beside each other, on our own copy: what was
 * hashed is what will be used.
 */
export async function verify(
  reception: Reception,
  partial: PartialFile,
  { digest, bytesExpected, sha256: sha256Expected }: ToVerify,
): Promise<{ bytes: number; sha256: string }> {
  const { action } = reception;
  const { bytes } = partial;
  if (bytesExpected !== undefined && bytes !== bytesExpected) {
    throw new IngestError(action, { kind: "incomplete", bytes, bytesExpected });
  }
  if (bytes === 0) throw new IngestError(action, { kind: "empty" });
  checkSize(bytes, reception);
  reception.report("receive", bytes, bytes);
  const [sha256] = await Promise.all([
    digest.finish(bytes),
    // A sync says nothing until it is done, and takes minutes on a slow disk: it has no stall timer.
    watched({ action, signal: reception.signal }, () => partial.hold(syncDescriptor(partial.reader))),
  ]);
  if (sha256Expected !== undefined && sha256Expected.toLowerCase() !== sha256) {
    throw new IngestError(action, { kind: "digest-mismatch", sha256, sha256Expected });
  }
  reception.report("verify", bytes, bytes);
  return { bytes, sha256 };
}
