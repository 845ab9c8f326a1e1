/** A line on standard output. process.stdout would load the streams of Node: 8 MB and several milliseconds for the boot hook. */
export function print(line: string): void {
  // oxlint-disable-next-line no-console -- what prints without loading anything
  console.log(line);
}

/** A line on standard error. */
export function printError(line: string): void {
  // oxlint-disable-next-line no-console -- the same
  console.error(line);
}
