// How LXC reads a line: the key, "=", the value without the blanks around it, and without one pair of quotes that encloses it whole.
// A value never holds a control character: the plan has refused it.

export function line(key: string, value: string | number): string {
  const text = String(value);
  return /^["' ]|["' ]$/u.test(text) ? quotedLine(key, text) : `${key} = ${text}`;
}

/** Whatever the value begins and ends with, it arrives as it is. */
export function quotedLine(key: string, value: string): string {
  return `${key} = "${value}"`;
}

/** A path in a line of fstab(5). */
export function mountPath(path: string): string {
  return path.replaceAll(/[ \t\\]/gu, (letter) => `\\${letter.charCodeAt(0).toString(8).padStart(3, "0")}`);
}
