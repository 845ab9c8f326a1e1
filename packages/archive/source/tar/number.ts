/** A field of a header, or all of `bytes`; undefined where it is not a number that we can hold exactly. */
export function parseNumber(bytes: Uint8Array, from = 0, end = bytes.byteLength): number | undefined {
  const first = bytes[from] ?? 0;
  if (first === 0x80 || first === 0xff) return parseBase256(bytes.subarray(from, end));
  if ((first & 0x80) !== 0) return undefined;
  return parseOctal(bytes, from, end);
}

/** Blanks before, blanks or NUL after; an empty field is 0, as every tar reads it. */
function parseOctal(bytes: Uint8Array, from: number, end: number): number | undefined {
  let at = from;
  while (at < end && bytes[at] === 0x20) at += 1;
  let value = 0;
  for (; at < end; at += 1) {
    const digit = (bytes[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 7) break;
    value = value * 8 + digit;
  }
  const next = at === end ? 0 : bytes[at];
  return next === 0 || next === 0x20 ? value : undefined;
}

/** GNU's form for what octal cannot hold: two's complement, big endian, the first byte being only the sign. */
function parseBase256(field: Uint8Array): number | undefined {
  let value = field[0] === 0xff ? -1 : 0;
  for (const byte of field.subarray(1)) value = value * 256 + byte;
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Decimal digits only, as pax writes sizes, owners and sparse maps. */
export function parseDecimal(text: string): number | undefined {
  if (!/^\d{1,16}$/u.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

const nanosecondDigits = 9;

/** Seconds with an optional fraction (pax: "File Times") → nanoseconds; what is finer is cut off, as GNU tar does. */
export function parseTime(text: string): bigint | undefined {
  const match = /^(-?)(\d{1,12})(?:\.(\d*))?$/u.exec(text);
  if (match === null) return undefined;
  const [, sign, seconds = "0", fraction = ""] = match;
  const digits = fraction.slice(0, nanosecondDigits).padEnd(nanosecondDigits, "0");
  const nanoseconds = BigInt(seconds) * 1_000_000_000n + BigInt(digits);
  return sign === "-" ? -nanoseconds : nanoseconds;
}
