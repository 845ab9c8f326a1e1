// What comes from a daemon, an image or a file name is never trusted with the terminal: it could move the cursor, set the title, or
// show text in another order than it has.

/** Control characters, format characters (which change the direction of text or are not seen), line and paragraph separators. */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** One line without control characters; line breaks and tabs become spaces. */
export function printable(text: string): string {
  return Bun.stripANSI(text)
    .replaceAll(/\r?\n|\t/g, " ")
    .replaceAll(unprintable, "");
}

/** Text of several lines, such as a log: line breaks and tabs stay. */
export function printableLines(text: string): string {
  return Bun.stripANSI(text).replaceAll(unprintable, (character) =>
    character === "\n" || character === "\t" ? character : "",
  );
}

/** One line of JSON in which the same characters are escaped, so that nothing is lost. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(unprintable, (character) =>
    character
      .split("")
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
      .join(""),
  );
}
