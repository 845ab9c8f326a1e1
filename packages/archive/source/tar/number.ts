/** undefined where the field is not a number that we can hold exactly. */
export function parseNumber(field: Uint8Array): number | undefined {
  const first = field[0] ?? 0;
  if (first === 0x80 || first === 0xff) return parseBase256(field, first === 0xff);
  if ((first & 0x80) !== 0) return undefined;
  return parseOctal(field);
}

/** Blanks before, blanks or NUL after; an empty field is 0, as every tar reads it. */
function parseOctal(field: Uint8Array): number | undefined {
  let at = 0;
  while (field[at] === 0x20) at += 1;
  let value = 0;
  for (; at < field.length; at += 1) {
    const digit = (field[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 7) break;
    value = value * 8 + digit;
  }
  const end = field[at] ?? 0;
  return end === 0 || end === 0x20 ? value : undefined;
}

/** GNU's form for what octal cannot hold: two's complement, big endian, the first byte being only the sign. */
function parseBase256(field: Uint8Array, negative: boolean): number | undefined {
  let value = negative ? -1 : 0;
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
