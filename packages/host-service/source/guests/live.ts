// `containers/<name>/live.json`: what was set while the container is there, and outlives its images. Replaced as a whole, durable before anybody
// is told. What cannot be read is set aside, as a record is, and never deleted.
import { join } from "node:path";
import { DiskError, replaceFile } from "@host-service/disk";
import type { Disk } from "@host-service/disk";
import { literal, looseObject, optional, parse, record, string } from "@host-service/schema";
import type { InferOutput } from "@host-service/schema";

const fileBytesMax = 4 * 1024 * 1024;

const Text = record(string(), string());

const LiveFile = looseObject({
  format: literal(1),
  config: optional(Text, {}),
  devices: optional(record(string(), Text), {}),
  /** cloud-init's instance-id where it is not the image's any more, and a digest of what it was given for. */
  instance: optional(looseObject({ id: optional(string()), inputs: string() })),
});
export type Live = InferOutput<typeof LiveFile>;

export const emptyLive: Live = { format: 1, config: {}, devices: {} };

/** `setAside` is where an unreadable file went. */
export async function readLive(disk: Disk, directory: string): Promise<{ live: Live; setAside?: string }> {
  const live = await lookAtLive(disk, directory);
  if (live !== undefined) return { live };
  const path = join(directory, "live.json");
  const setAside = `${path}.unreadable`;
  await disk.rename(path, setAside);
  return { live: emptyLive, setAside };
}

/** For who only reads: undefined where nothing sensible is there. */
export async function lookAtLive(disk: Disk, directory: string): Promise<Live | undefined> {
  const path = join(directory, "live.json");
  let bytes: Uint8Array;
  try {
    bytes = await disk.read(path, { bytesMax: fileBytesMax });
  } catch (error) {
    if (error instanceof DiskError && error.kind === "missing") return emptyLive;
    throw error;
  }
  try {
    return parse(LiveFile, JSON.parse(new TextDecoder().decode(bytes)), { subject: path });
  } catch {
    // The error would quote what is in it.
    return undefined;
  }
}

export async function writeLive(disk: Disk, directory: string, live: Live): Promise<void> {
  await replaceFile(disk, join(directory, "live.json"), `${JSON.stringify(live)}\n`, { mode: 0o600 });
}
