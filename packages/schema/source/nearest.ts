/**
 * The known word that a person most likely meant, or undefined when none is near.
 * Edit distance with transpositions (optimal string alignment); a third of the letters may be wrong.
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(from: string, to: string): number {
  const rows = from.length + 1;
  const columns = to.length + 1;
  const distance = new Uint16Array(rows * columns);
  const at = (row: number, column: number) => distance[row * columns + column] ?? 0;
  for (let row = 0; row < rows; row++) distance[row * columns] = row;
  for (let column = 0; column < columns; column++) distance[column] = column;
  for (let row = 1; row < rows; row++) {
    for (let column = 1; column < columns; column++) {
      const same = from[row - 1] === to[column - 1];
      let least = Math.min(at(row - 1, column) + 1, at(row, column - 1) + 1, at(row - 1, column - 1) + (same ? 0 : 1));
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (swapped) least = Math.min(least, at(row - 2, column - 2) + 1);
      distance[row * columns + column] = least;
    }
  }
  return at(rows - 1, columns - 1);
}
