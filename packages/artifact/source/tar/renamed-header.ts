const checksumField = { at: 148, bytes: 8 } as const;

/** The tar header of another file of the same owner, mode and time. */
export function renamedHeader(block: Uint8Array, { name, bytes }: { name: string; bytes: number }): Uint8Array {
  const header = Buffer.from(block);
  header.fill(0, 0, 100);
  header.write(name, 0, "latin1");
  header.write(`${bytes.toString(8).padStart(11, "0")}\0`, 124, "latin1");
  header.fill(" ", checksumField.at, checksumField.at + checksumField.bytes);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, checksumField.at, "latin1");
  return header;
}
