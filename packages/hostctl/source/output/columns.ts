/** Pads the cells of each column to the same width; the last cell of a row has no column beside it and needs no room. */
export function alignColumns(rows: readonly (readonly string[])[], separator = "  "): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.slice(0, -1).entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
  }
  return rows.map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join(separator)
      .trimEnd(),
  );
}
