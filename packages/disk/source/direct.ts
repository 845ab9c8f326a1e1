// What reading and writing past the page cache takes (O_DIRECT of open(2)).
import { BLKSSZGET } from "./linux.ts";
import { addressOf, invoke, structureAddress, structureView } from "./system-call.ts";

const alignmentBytes = 4096; // no block device asks for more than a page

/** Memory at the start of a page. A length that is no multiple of `logicalBlockBytes` has to be rounded up by the caller. */
export function alignedMemory(bytes: number): Uint8Array {
  const memory = new Uint8Array(bytes + alignmentBytes);
  const over = addressOf(memory) % alignmentBytes;
  const offset = over === 0 ? 0 : alignmentBytes - over;
  return memory.subarray(offset, offset + bytes);
}

/** Of a block device: places and lengths are multiples of it. */
export function logicalBlockBytes(fd: number): number {
  structureView.setInt32(0, 0, true);
  invoke("ioctl", undefined, fd, BLKSSZGET, structureAddress);
  return structureView.getInt32(0, true);
}
