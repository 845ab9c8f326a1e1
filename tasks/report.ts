/** What a test run came to. Only tests that ran or said why they did not are counted. */
export interface Results {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly string[];
}

interface Case {
  readonly name: string;
  readonly file: string;
  readonly outcome: "passed" | "failed" | "skipped";
}

/**
 * Counts a JUnit report of `bun test`. A file that could not be loaded is not in the report, and a runner that was
 * ended writes none: so each file of `expected` has to be there, and the runner's status has to fit.
 */
export function count(report: string | undefined, expected: readonly string[], status: number): Results {
  const cases = report === undefined ? [] : parse(report);
  const reported = new Set(cases.map((test) => test.file));
  const silent = expected.filter((file) => !reported.has(file)).length;
  const failed = cases.filter((test) => test.outcome === "failed").length + silent;
  const unexplained = failed === 0 && (status !== 0 || cases.length === 0) ? 1 : 0;
  return {
    passed: cases.filter((test) => test.outcome === "passed").length,
    failed: failed + unexplained,
    skipped: cases.filter((test) => test.outcome === "skipped").map((test) => test.name),
  };
}

export function add(one: Results, other: Results): Results {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: [...one.skipped, ...other.skipped],
  };
}

export function summary({ passed, failed, skipped }: Results): string {
  return `${passed} passed, ${failed} failed${skipped.length === 0 ? "" : `, ${skipped.length} skipped`}`;
}

/** Bun escapes `<` in names and messages, so each `<testcase ` begins a test. */
function parse(report: string): Case[] {
  return report
    .split("<testcase ")
    .slice(1)
    .map((text) => {
      const names = [attribute(text, "classname"), attribute(text, "name")].filter((name) => name !== "");
      return { name: names.join(" > "), file: attribute(text, "file"), outcome: outcomeOf(text) };
    });
}

function outcomeOf(text: string): Case["outcome"] {
  if (/<(failure|error)\b/.test(text)) return "failed";
  return /<skipped\b/.test(text) ? "skipped" : "passed";
}

function attribute(text: string, name: string): string {
  const value = new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(text)?.[1] ?? "";
  return value
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#10;", " ")
    .replaceAll("&apos;", "'")
    .replaceAll("&amp;", "&");
}
