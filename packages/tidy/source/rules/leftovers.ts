import path from "node:path";
import { imported } from "../imported.ts";
import { complain, isTest, type Rule, scripts, type Tree } from "../tree.ts";

/** What is not done is an issue, not a comment. */
export const unfinishedWork: Rule = (tree) =>
  [...tree].flatMap(([file, text]) =>
    complain(file, text, /\b(T[O]DO|FIX[M]E|XX[X]|HA[C]K)\b/, (word) => `"${word}" is left`),
  );

/** Nothing silences the compiler or the linter without saying why. */
export const silencedChecks: Rule = (tree) =>
  scripts(tree).flatMap(([file, text]) => [
    ...complain(file, text, /\bas (unknown|never) as\b/, () => "a double assertion silences the compiler"),
    ...complain(file, text, /@ts-(ignore|nocheck|expect-error)(?!: )/, (word) => `"@ts-${word}" without a reason`),
    ...complain(
      file,
      text,
      /\b((?:ox|es)lint-disable\S*)(?!.* -- )/,
      (word) => `"${word}" without " -- " and a reason`,
    ),
  ]);

/** A test that is not run prints why: itself, or a file beside it that decides it. */
export const explainedSkips: Rule = (tree) =>
  scripts(tree)
    .filter(([file]) => isTest(file))
    .flatMap(([file, text]) => [
      ...complain(
        file,
        text,
        /\b(?:test|it|describe)\.(only|skip|todo)\(/,
        (word) => `".${word}(" is left; what cannot run is ".skipIf("`,
      ),
      ...(/\.(skipIf|if)\(/.test(text) && !printsReason(file, text, tree)
        ? [`${file}: skips without "skipped: " and why`]
        : []),
    ]);

function printsReason(file: string, text: string, tree: Tree): boolean {
  const beside = imported(text)
    .filter((name) => name.startsWith("."))
    .map((name) => tree.get(path.posix.join(path.posix.dirname(file), name)) ?? "");
  return [text, ...beside].some((source) => /skipp(ed|ing)\b/.test(source));
}
