// A stand-in until packages/artifact reads upgrades: a raw image alone.
import { ArtifactError, type ByteSource } from "@host-service/artifact";
import type { WriteRequest, WrittenImage } from "../messages.ts";
import type { SlotSink } from "./slot-sink.ts";

export async function readUpgrade(
  source: ByteSource & { bytesTotal: number | undefined },
  request: WriteRequest,
  sink: SlotSink,
): Promise<WrittenImage> {
  const chunk = new Uint8Array(1024 * 1024);
  const hasher = new Bun.CryptoHasher("sha256");
  let bytes = 0;
  for (let count = await source.read(chunk); count > 0; count = await source.read(chunk)) {
    if (bytes === 0) await sink.begin({ bytes: source.bytesTotal });
    hasher.update(chunk.subarray(0, count));
    await sink.write(chunk.subarray(0, count));
    bytes += count;
  }
  if (bytes === 0 || (source.bytesTotal !== undefined && bytes < source.bytesTotal)) {
    throw new ArtifactError("truncated", `Cannot read the upgrade file: it ends after ${bytes} bytes`);
  }
  const sha256 = hasher.digest("hex");
  if (request.expectedSha256 !== undefined && request.expectedSha256 !== sha256) {
    throw new ArtifactError("checksum", `Cannot trust the image: its SHA-256 is ${sha256}`);
  }
  return { sha256, bytes, warnings: ["not verified"] };
}
