// The smallest file that Linux takes for a program (elf(5)): a header, one segment that is the whole file, and the word that the
// stack is not executable. There is no compiler where we are built, so it is written here.

/** e_machine of elf.h. */
const machines = { x64: 62, arm64: 183 } as const;
export type Architecture = keyof typeof machines;

const headerBytes = 64;
const segmentBytes = 56;
const address = 0x400000n;
/** The largest page that arm64 may have. */
const alignment = 0x10000n;

const loadSegment = 1;
const stackSegment = 0x6474e551; // PT_GNU_STACK
const readable = 4;
const writable = 2;
const executable = 1;

/** `code` begins with its first instruction and is position-independent. */
export function elfOf(code: Uint8Array, architecture: Architecture): Uint8Array {
  const codeOffset = headerBytes + 2 * segmentBytes;
  const bytes = new Uint8Array(codeOffset + code.byteLength);
  bytes.set(code, codeOffset);
  const view = new DataView(bytes.buffer);

  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]); // "\x7fELF", 64 bits, little-endian, version
  view.setUint16(16, 2, true); // ET_EXEC
  view.setUint16(18, machines[architecture], true);
  view.setUint32(20, 1, true); // version
  view.setBigUint64(24, address + BigInt(codeOffset), true); // entry
  view.setBigUint64(32, BigInt(headerBytes), true); // of the segments
  view.setUint16(52, headerBytes, true);
  view.setUint16(54, segmentBytes, true);
  view.setUint16(56, 2, true); // segments
  view.setUint16(58, 64, true); // of a section's header, of which there are none

  writeSegment(view, headerBytes, { type: loadSegment, flags: readable | executable, bytes: bytes.byteLength });
  writeSegment(view, headerBytes + segmentBytes, { type: stackSegment, flags: readable | writable, bytes: 0 });
  return bytes;
}

function writeSegment(view: DataView, at: number, segment: { type: number; flags: number; bytes: number }): void {
  const isLoaded = segment.bytes > 0;
  view.setUint32(at, segment.type, true);
  view.setUint32(at + 4, segment.flags, true);
  view.setBigUint64(at + 16, isLoaded ? address : 0n, true); // virtual address
  view.setBigUint64(at + 24, isLoaded ? address : 0n, true); // physical
  view.setBigUint64(at + 32, BigInt(segment.bytes), true); // in the file
  view.setBigUint64(at + 40, BigInt(segment.bytes), true); // in memory
  view.setBigUint64(at + 48, isLoaded ? alignment : 16n, true);
}
