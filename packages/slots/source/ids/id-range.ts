/** The ids of the host that are a container's 0 … count - 1, users and groups alike. */
export interface IdRange {
  base: number;
  count: number;
}

/** All that 16 bits can say, as images expect it. */
const idsPerContainer = 65_536;
// What systemd keeps for containers (its UIDS-GIDS document), without the last part of 2^31.
const firstId = 0x8_0000;
const endOfIds = 0x7000_0000;

/** The lowest whole range that overlaps none of these; undefined when there is none left. */
export function freeRange(taken: readonly IdRange[]): IdRange | undefined {
  for (let base = firstId; base < endOfIds; base += idsPerContainer) {
    const range = { base, count: idsPerContainer };
    if (!taken.some((other) => overlaps(range, other))) return range;
  }
  return undefined;
}

function overlaps(left: IdRange, right: IdRange): boolean {
  return left.base < right.base + right.count && right.base < left.base + left.count;
}
