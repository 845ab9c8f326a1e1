/**
 * A string in which each character is one byte (latin1). Names in an archive are bytes, not text; in this form
 * they can be split, compared and used as keys without losing one.
 */
export type ByteString = string;

export function byteString(bytes: Uint8Array): ByteString {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

/** Bytes up to the first NUL, as all fixed fields of a header are read. */
export function terminatedByteString(bytes: Uint8Array, from = 0, end = bytes.byteLength): ByteString {
  let stop = from;
  while (stop < end && bytes[stop] !== 0) stop += 1;
  return stop === from ? "" : byteString(bytes.subarray(from, stop));
}

export function bytesOf(name: ByteString): Uint8Array {
  return Buffer.from(name, "latin1");
}

const printedCharactersMax = 200;

/** For messages: as UTF-8, with what a terminal would obey written as an escape, and cut to a readable length. */
export function printable(name: ByteString): string {
  const text = Buffer.from(name, "latin1").toString("utf8");
  const cut = text.length > printedCharactersMax ? `${text.slice(0, printedCharactersMax)}…` : text;
  // oxlint-disable-next-line no-control-regex -- control characters are what this is about
  return cut.replace(/[\u0000-\u001f\u007f-\u009f"\\\u2028-\u202e\u2066-\u2069]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code > 0xff ? `\\u${code.toString(16)}` : `\\x${code.toString(16).padStart(2, "0")}`;
  });
}
