// Which of two versions is later, by the order that systemd and the boot loaders of its kind use (UAPI.10, "Version Format
// Specification"). No library of the registry knows it: those for semantic versions refuse "release-2".

const isDigit = (char: string | undefined) => char !== undefined && char >= "0" && char <= "9";
const isLetter = (char: string | undefined) => char !== undefined && /^[a-zA-Z]$/.test(char);
const isPart = (char: string) => isDigit(char) || isLetter(char) || "~-^.".includes(char);

/** Negative where `left` is the earlier one, 0 where neither is. */
export function compareVersions(left: string, right: string): number {
  let [a, b] = [left, right];
  for (;;) {
    a = withoutOthers(a);
    b = withoutOthers(b);
    // "~" is before everything, also before the end; the other marks are before what follows without them, in this order.
    for (const mark of ["~", "", "-", "^", "."]) {
      const [hasA, hasB] = mark === "" ? [a === "", b === ""] : [a.startsWith(mark), b.startsWith(mark)];
      if (hasA !== hasB) return hasA ? -1 : 1;
      if (hasA && mark === "") return 0;
      if (hasA) [a, b] = [a.slice(1), b.slice(1)];
    }
    const isNumber = isDigit(a[0]) || isDigit(b[0]);
    const [partA, partB] = [leading(a, isNumber ? isDigit : isLetter), leading(b, isNumber ? isDigit : isLetter)];
    const order = isNumber ? compareNumbers(partA, partB) : compareLetters(partA, partB);
    if (order !== 0) return order;
    [a, b] = [a.slice(partA.length), b.slice(partB.length)];
  }
}

/** The later one of the floor and what is committed, as far as both are known. */
export function raisedFloor(floor: string | undefined, committed: string | undefined): string | undefined {
  if (floor === undefined || committed === undefined) return committed ?? floor;
  return compareVersions(committed, floor) > 0 ? committed : floor;
}

function withoutOthers(text: string): string {
  let start = 0;
  while (start < text.length && !isPart(text.charAt(start))) start += 1;
  return text.slice(start);
}

function leading(text: string, belongs: (char: string | undefined) => boolean): string {
  let end = 0;
  while (belongs(text[end])) end += 1;
  return text.slice(0, end);
}

/** Of any length; no digits are before 0. */
function compareNumbers(left: string, right: string): number {
  if (left === "" || right === "") return left.length - right.length;
  const [a, b] = [left.replace(/^0+/, ""), right.replace(/^0+/, "")];
  return a.length === b.length ? (a < b ? -1 : Number(a > b)) : a.length - b.length;
}

/** Capitals are before small letters. */
function compareLetters(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}
