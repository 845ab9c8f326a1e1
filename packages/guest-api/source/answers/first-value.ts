// Where the first JSON value of a body ends: only that one counts, whatever follows it. What is wrong with it is said in the words of Go's
// encoding/json (scanner.go), which the guests' tools know.

export class SyntaxProblem extends Error {
  override readonly name = "SyntaxProblem";
}

const depthMax = 1000;
const whitespace = new Set([" ", "\t", "\r", "\n"]);
const literals: Readonly<Record<string, string>> = { t: "true", f: "false", n: "null" };
/** What a number may look like, one state a row: which characters lead where. */
const numberStates: Readonly<
  Record<string, { next: (c: string) => string | undefined; ends: boolean; where: string }>
> = {
  minus: {
    next: (c) => (c === "0" ? "zero" : isDigit(c) ? "whole" : undefined),
    ends: false,
    where: "in numeric literal",
  },
  zero: { next: (c) => (c === "." ? "dot" : isE(c) ? "e" : undefined), ends: true, where: "" },
  whole: { next: (c) => (isDigit(c) ? "whole" : c === "." ? "dot" : isE(c) ? "e" : undefined), ends: true, where: "" },
  dot: {
    next: (c) => (isDigit(c) ? "fraction" : undefined),
    ends: false,
    where: "after decimal point in numeric literal",
  },
  fraction: { next: (c) => (isDigit(c) ? "fraction" : isE(c) ? "e" : undefined), ends: true, where: "" },
  e: {
    next: (c) => (c === "+" || c === "-" ? "sign" : isDigit(c) ? "exponent" : undefined),
    ends: false,
    where: "in exponent of numeric literal",
  },
  sign: { next: (c) => (isDigit(c) ? "exponent" : undefined), ends: false, where: "in exponent of numeric literal" },
  exponent: { next: (c) => (isDigit(c) ? "exponent" : undefined), ends: true, where: "" },
};

/** The text of the first value. Throws SyntaxProblem: "EOF", "unexpected EOF", "invalid character …". */
export function firstValue(text: string): string {
  const start = skip(text, 0);
  if (start === text.length) throw new SyntaxProblem("EOF");
  return text.slice(start, endOfValue(text, start, 0));
}

function endOfValue(text: string, at: number, depth: number): number {
  const c = text[at];
  if (c === undefined) throw ended();
  if (depth > depthMax) throw new SyntaxProblem("exceeded max depth");
  if (c === "{") return endOfList(text, at, { depth, close: "}", element: endOfMember, what: "object key:value pair" });
  if (c === "[") return endOfList(text, at, { depth, close: "]", element: endOfValue, what: "array element" });
  if (c === '"') return endOfString(text, at);
  const literal = literals[c];
  if (literal !== undefined) return endOfLiteral(text, at, literal);
  if (c === "-" || isDigit(c)) return endOfNumber(text, at);
  throw invalid(c, "looking for beginning of value");
}

interface List {
  depth: number;
  close: string;
  element: (text: string, at: number, depth: number) => number;
  what: string;
}

function endOfList(text: string, start: number, { depth, close, element, what }: List): number {
  let at = skip(text, start + 1);
  if (text[at] === close) return at + 1;
  for (;;) {
    at = skip(text, element(text, at, depth + 1));
    const c = text[at];
    if (c === undefined) throw ended();
    if (c === close) return at + 1;
    if (c !== ",") throw invalid(c, `after ${what}`);
    at = skip(text, at + 1);
  }
}

function endOfMember(text: string, at: number, depth: number): number {
  const c = text[at];
  if (c === undefined) throw ended();
  if (c !== '"') throw invalid(c, "looking for beginning of object key string");
  const colon = skip(text, endOfString(text, at));
  const mark = text[colon];
  if (mark === undefined) throw ended();
  if (mark !== ":") throw invalid(mark, "after object key");
  return endOfValue(text, skip(text, colon + 1), depth);
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; ; at++) {
    const c = text[at];
    if (c === undefined) throw ended();
    if (c === '"') return at + 1;
    if (c < " ") throw invalid(c, "in string literal");
    if (c !== "\\") continue;
    at++;
    const escape = text[at];
    if (escape === undefined) throw ended();
    if (escape === "u") at = endOfHexadecimal(text, at);
    else if (!'bfnrt\\/"'.includes(escape)) throw invalid(escape, "in string escape code");
  }
}

function endOfHexadecimal(text: string, start: number): number {
  for (let at = start + 1; at <= start + 4; at++) {
    const c = text[at];
    if (c === undefined) throw ended();
    if (!/[0-9a-fA-F]/u.test(c)) throw invalid(c, String.raw`in \u hexadecimal character escape`);
  }
  return start + 4;
}

function endOfLiteral(text: string, start: number, literal: string): number {
  for (let index = 1; index < literal.length; index++) {
    const c = text[start + index];
    if (c === undefined) throw ended();
    if (c !== literal[index]) throw invalid(c, `in literal ${literal} (expecting '${literal[index]}')`);
  }
  return start + literal.length;
}

function endOfNumber(text: string, start: number): number {
  let state = text[start] === "-" ? "minus" : text[start] === "0" ? "zero" : "whole";
  for (let at = start + 1; ; at++) {
    const row = numberStates[state];
    const c = text[at];
    const next = c === undefined ? undefined : row?.next(c);
    if (next !== undefined) state = next;
    else if (row?.ends === true) return at;
    else throw c === undefined ? ended() : invalid(c, row?.where ?? "");
  }
}

function skip(text: string, from: number): number {
  let at = from;
  while (whitespace.has(text[at] ?? "")) at++;
  return at;
}

function ended(): SyntaxProblem {
  return new SyntaxProblem("unexpected EOF");
}

function invalid(c: string, where: string): SyntaxProblem {
  const shown = c === "'" ? String.raw`\'` : c === '"' ? '"' : quoted(c).slice(1, -1);
  return new SyntaxProblem(`invalid character '${shown}' ${where}`);
}

const isDigit = (c: string): boolean => c >= "0" && c <= "9";
const isE = (c: string): boolean => c === "e" || c === "E";

const escapes: Readonly<Record<string, string>> = {
  "\u0007": String.raw`\a`,
  "\b": String.raw`\b`,
  "\f": String.raw`\f`,
  "\n": String.raw`\n`,
  "\r": String.raw`\r`,
  "\t": String.raw`\t`,
  "\v": String.raw`\v`,
  '"': String.raw`\"`,
  "\\": String.raw`\\`,
};

/** As a string literal of Go (strconv.Quote). */
export function quoted(text: string): string {
  const characters = Array.from(text, (c) => {
    const escape = escapes[c];
    if (escape !== undefined) return escape;
    if (c === " " || /[\p{L}\p{M}\p{N}\p{P}\p{S}]/u.test(c)) return c;
    const code = c.codePointAt(0) ?? 0;
    if (code < 0x80) return `\\x${code.toString(16).padStart(2, "0")}`;
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
  });
  return `"${characters.join("")}"`;
}
