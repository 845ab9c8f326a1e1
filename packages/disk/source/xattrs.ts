// Extended attributes, byte for byte. A target is a descriptor, or the path of an entry, which is not followed when it
// is a link; the kernel has no form beneath a directory before 6.13.
import { DiskError, type DiskPath, errorOfErrno } from "./disk-error.ts";
import { ENODATA } from "./linux.ts";
import { attempt, invoke, nameAddress, pathAddress, value, valueBytesMax } from "./system-call.ts";

export function setXattr(target: number | DiskPath, name: DiskPath, contents: Uint8Array): void {
  const path = typeof target === "number" ? undefined : target;
  if (contents.byteLength > valueBytesMax) {
    const why = `the value is longer than ${valueBytesMax} bytes`;
    throw new DiskError({ kind: "system-call", code: "E2BIG", call: "lsetxattr", path, why });
  }
  value.bytes.set(contents);
  const nameAt = nameAddress(name);
  if (typeof target === "number") invoke("fsetxattr", undefined, target, nameAt, value.address, contents.byteLength, 0);
  else invoke("lsetxattr", target, pathAddress(target), nameAt, value.address, contents.byteLength, 0);
}

/** All that this user may see, by name, in the order of the names. */
export function readXattrs(target: number | DiskPath): Map<string, Uint8Array> {
  const list =
    typeof target === "number"
      ? invoke("flistxattr", undefined, target, value.address, valueBytesMax)
      : invoke("llistxattr", target, pathAddress(target), value.address, valueBytesMax);
  // The list is names with a NUL after each.
  const names = new TextDecoder().decode(value.bytes.slice(0, list)).split("\0").slice(0, -1).sort();
  const found = new Map<string, Uint8Array>();
  for (const name of names) {
    const contents = readXattr(target, name);
    if (contents !== undefined) found.set(name, contents);
  }
  return found;
}

/** undefined when the entry has no such attribute. */
export function readXattr(target: number | DiskPath, name: DiskPath): Uint8Array | undefined {
  const nameAt = nameAddress(name);
  const bytes =
    typeof target === "number"
      ? attempt("fgetxattr", target, nameAt, value.address, valueBytesMax)
      : attempt("lgetxattr", pathAddress(target), nameAt, value.address, valueBytesMax);
  if (bytes === -ENODATA) return undefined;
  if (bytes < 0) throw errorOfErrno(-bytes, "lgetxattr", typeof target === "number" ? undefined : target);
  return value.bytes.slice(0, bytes);
}
