import { type FilePart, readPart } from "../descriptor.ts";
import { IngestError } from "../error.ts";
import type { Reception } from "../reception.ts";
import { runJob } from "../run-job.ts";

/** Up to here a child would cost more than it saves. */
export const inProcessBytesMax = 1024 * 1024;

/** The sha-256 of a part of a file, in hexadecimal. */
export async function digest(reception: Reception, fd: number, part: FilePart): Promise<string> {
  const { offset, bytes } = part;
  if (bytes <= inProcessBytesMax) return digestHere(fd, part);
  const { sha256 } = await runJob(reception, {
    name: "digest",
    bytes,
    offset,
    descriptors: [fd],
    onBytes: (done) => reception.report("verify", done, bytes),
  });
  return checkedDigest(sha256, reception);
}

export function checkedDigest(sha256: unknown, { action }: Reception): string {
  if (typeof sha256 === "string" && /^[0-9a-f]{64}$/.test(sha256)) return sha256;
  throw new IngestError(action, { kind: "failed", reason: "its digest job gave no digest" });
}

async function digestHere(fd: number, part: FilePart): Promise<string> {
  return new Bun.CryptoHasher("sha256").update(await readPart(fd, part)).digest("hex");
}
