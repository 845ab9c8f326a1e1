import { read } from "node:fs";
import { promisify } from "node:util";
import { IngestError } from "../error.ts";
import type { Reception } from "../reception.ts";
import { runJob } from "../run-job.ts";

/** Up to here a child would cost more than it saves. */
const inProcessBytesMax = 1024 * 1024;

const readDescriptor = promisify(read);

/** The sha-256 of the first `bytes` bytes, in hexadecimal. */
export async function digest(reception: Reception, fd: number, bytes: number): Promise<string> {
  if (bytes <= inProcessBytesMax) return digestHere(fd, bytes);
  const { sha256 } = await runJob(reception, {
    name: "digest",
    bytes,
    input: fd,
    descriptors: [],
    onBytes: (done) => reception.report("verify", done, bytes),
  });
  if (typeof sha256 === "string" && /^[0-9a-f]{64}$/.test(sha256)) return sha256;
  throw new IngestError(reception.action, { kind: "failed", reason: "its digest job gave no digest" });
}

async function digestHere(fd: number, bytes: number): Promise<string> {
  const contents = new Uint8Array(bytes);
  let position = 0;
  while (position < bytes) {
    const { bytesRead } = await readDescriptor(fd, contents, position, bytes - position, position);
    if (bytesRead === 0) throw new Error(`the inbox file ended after ${position} of ${bytes} bytes`);
    position += bytesRead;
  }
  return new Bun.CryptoHasher("sha256").update(contents).digest("hex");
}
