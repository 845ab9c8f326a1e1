// Whether an image will have room, before its first byte is laid out: a file system that fills up halfway is trouble for everything else on it.
import { measure, recogniseAt } from "@host-service/archive";
import { freeSpace } from "@host-service/disk";
import { PortableError } from "../error.ts";
import type { ArrivedFile } from "./arrived-file.ts";

/** A raw image is copied, and an archive says what it unpacks to, where it does: the unpacking itself counts again. */
export function refuseWithoutRoom(
  file: Pick<ArrivedFile, "fd" | "bytes">,
  kind: "archive" | "raw",
  { directory, reserveBytes }: { directory: string; reserveBytes: number },
): void {
  const bytes = kind === "raw" ? file.bytes : (unpackedBytesOf(file) ?? 0);
  const bytesFree = freeSpace(directory).bytes;
  if (bytes + reserveBytes <= bytesFree) return;
  const does = kind === "raw" ? "it has" : "it unpacks to";
  throw new PortableError(
    "no-space",
    `Cannot lay out the image: ${does} ${bytes} bytes, ${reserveBytes} stay in reserve, and ${bytesFree} are free in "${directory}"; free some space`,
  );
}

function unpackedBytesOf({ fd, bytes }: Pick<ArrivedFile, "fd" | "bytes">): number | undefined {
  const archive = { fd, offset: 0, bytes };
  return measure(fd, archive, recogniseAt(fd, archive)).unpackedBytes;
}
