// The only place that calls the kernel. Pointers go only into the scratch memory below, which lives as long as the
// program, so nothing that the kernel reads can be collected or moved, and no call allocates.
import { dlopen, FFIType, ptr, read } from "bun:ffi";
import { DiskError, type DiskPath, errorOfErrno } from "./disk-error.ts";
import { EINTR } from "./linux.ts";
import { architecture, numbersByArchitecture, type SystemCallName } from "./system-call-numbers.ts";

// "fast" answers with a number wherever the value fits one; arguments may be numbers or bigints.
const word = FFIType.i64_fast;
const { symbols: libc } = dlopen("libc.so.6", {
  syscall: { args: [word, word, word, word, word, word, word], returns: word },
  __errno_location: { args: [], returns: FFIType.ptr },
});
const numbers = numbersByArchitecture[architecture()];
const errnoAddress = errnoOfThisThread();

// errno lives as long as its thread, and a module belongs to one thread.
function errnoOfThisThread() {
  const address = libc.__errno_location();
  if (address === null) throw new Error("Cannot call the kernel: the C library has no errno");
  return address;
}

type Argument = number | bigint;

/** Answers what the kernel answered, and a negative errno instead of -1. Retries what a signal interrupted. */
export function attempt(
  name: SystemCallName,
  a: Argument = 0,
  b: Argument = 0,
  c: Argument = 0,
  d: Argument = 0,
  e: Argument = 0,
  f: Argument = 0,
): number {
  for (;;) {
    const answer = Number(libc.syscall(numbers[name], a, b, c, d, e, f));
    if (answer !== -1) return answer;
    const errno = read.i32(errnoAddress);
    if (errno !== EINTR) return -errno;
  }
}

/** The same, and a failure is thrown as a DiskError that names the path. */
export function invoke(
  name: SystemCallName,
  path: DiskPath | undefined,
  a: Argument = 0,
  b: Argument = 0,
  c: Argument = 0,
  d: Argument = 0,
  e: Argument = 0,
  f: Argument = 0,
): number {
  const answer = attempt(name, a, b, c, d, e, f);
  if (answer < 0) throw errorOfErrno(-answer, name, path);
  return answer;
}

/** The address of a view. An empty one has none: ptr() answers with an error *object* there instead of throwing. */
export function addressOf(view: Uint8Array): number {
  if (view.byteLength === 0) throw new Error("Cannot take the address of an empty view");
  return ptr(view);
}

const pathBytesMax = 4096; // PATH_MAX of linux/limits.h, with the final NUL
const nameBytesMax = 256; // XATTR_NAME_MAX of linux/limits.h, and the final NUL
export const valueBytesMax = 65536; // XATTR_SIZE_MAX and XATTR_LIST_MAX of linux/limits.h

const memory = new ArrayBuffer(2 * pathBytesMax + nameBytesMax + 512 + valueBytesMax);
const memoryAddress = addressOf(new Uint8Array(memory));

interface Region {
  bytes: Uint8Array;
  address: number;
}

let used = 0;
function region(bytes: number): Region {
  const offset = used;
  used += bytes;
  return { bytes: new Uint8Array(memory, offset, bytes), address: memoryAddress + offset };
}

const firstPath = region(pathBytesMax);
const secondPath = region(pathBytesMax);
const name = region(nameBytesMax);
const structure = region(512);
/** For values that go in or come out, up to `valueBytesMax`. */
export const value = region(valueBytesMax);
/** For the structure of one call. */
export const structureAddress = structure.address;
export const structureView = new DataView(memory, structure.bytes.byteOffset, structure.bytes.byteLength);

/** The address of this path, with its final NUL, valid until the next call of the same function. */
export function pathAddress(path: DiskPath): number {
  return terminated(firstPath, path);
}

/** The same for the second path of a call that has two. */
export function secondPathAddress(path: DiskPath): number {
  return terminated(secondPath, path);
}

/** The same for the name of an extended attribute. */
export function nameAddress(text: DiskPath): number {
  return terminated(name, text);
}

const encoder = new TextEncoder();

function terminated({ bytes, address }: Region, text: DiskPath): number {
  const room = bytes.byteLength - 1;
  let length: number;
  if (typeof text === "string") {
    const encoded = encoder.encodeInto(text, bytes);
    length = encoded.read === text.length ? encoded.written : bytes.byteLength;
  } else {
    length = text.byteLength;
    if (length <= room) bytes.set(text);
  }
  if (length > room) throw refusedPath(text, "ENAMETOOLONG", `it is longer than ${room} bytes`);
  bytes[length] = 0;
  // The first NUL has to be the one that we just put there.
  if (bytes.indexOf(0) !== length) throw refusedPath(text, "EINVAL", "it has a NUL in it");
  return address;
}

function refusedPath(path: DiskPath, code: string, why: string): DiskError {
  return new DiskError({ kind: "system-call", code, call: "use the path", path, why });
}
