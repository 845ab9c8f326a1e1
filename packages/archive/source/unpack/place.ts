import type { ByteString } from "../tar/byte-string.ts";
import { entryLimits } from "../tar/limits.ts";
import { refused } from "../tar/refusal.ts";

/** Where an entry goes: both parts relative to the root, without "." and "..". */
export interface Place {
  /** "" is the root itself. */
  readonly parent: ByteString;
  /** "" when the entry is the root itself. */
  readonly name: ByteString;
}

/** A name that a careful packer never writes is refused, not mended: mending has been the hole in many unpackers. */
export function placeOf(path: ByteString, subject: ByteString, what = "its name"): Place {
  if (path === "") throw refused(subject, `${what} is empty`);
  if (path.startsWith("/")) throw refused(subject, `${what} is absolute`);
  if (path.includes("\0")) throw refused(subject, `${what} contains a NUL byte`);
  if (path.length > entryLimits.pathBytesMax) {
    throw refused(subject, `${what} has ${path.length} bytes, more than ${entryLimits.pathBytesMax}`);
  }
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..")) throw refused(subject, `${what} contains ".."`);
  if (parts.length > entryLimits.depthMax) {
    throw refused(subject, `${what} is ${parts.length} directories deep, more than ${entryLimits.depthMax}`);
  }
  if (parts.some((part) => part.length > entryLimits.nameBytesMax)) {
    throw refused(subject, `${what} has a part of more than ${entryLimits.nameBytesMax} bytes`);
  }
  const name = parts.pop() ?? "";
  return { parent: parts.join("/"), name };
}

export function pathOf(place: Place): ByteString {
  return place.parent === "" ? place.name : `${place.parent}/${place.name}`;
}
