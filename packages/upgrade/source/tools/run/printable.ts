/** ECMA-48: control sequences (colours, cursor), operating system commands (titles, links), and the two-character ones. */
const escapeSequences =
  // oxlint-disable-next-line no-control-regex -- these are what is to be found
  /\u001B(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001B]*(?:\u0007|\u001B\\)?|[@-Z\\-_])/gu;
/** Controls, invisible and direction-changing characters, separators of lines, and what is no character. */
const unprintable = /[\p{C}\p{Zl}\p{Zp}\s]+/gu;

const charactersDefaultMax = 300;

/**
 * One line for a person, of what a tool printed. A tool quotes the image that it reads, so what it says may be somebody's who
 * wants to be read by a terminal.
 */
export function printable(text: string, charactersMax = charactersDefaultMax): string {
  const plain = text.replaceAll(escapeSequences, "").replaceAll(unprintable, " ").trim();
  // No more than the first of them, so that a line of megabytes is not taken apart for nothing.
  const characters = Array.from(plain.slice(0, 2 * charactersMax + 2));
  return characters.length <= charactersMax ? plain : `${characters.slice(0, charactersMax - 1).join("")}…`;
}
