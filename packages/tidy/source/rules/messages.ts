import { complain, isTest, type Rule, scripts } from "../tree.ts";

/** `Cannot <do what>: <why>` goes into other sentences, so it does not end one. */
export const errorText: Rule = (tree) =>
  scripts(tree).flatMap(([file, text]) => [
    ...complain(file, text, /(["'`])Cannot\b.*[^.]\.\1\s*[,;)\]}]/, () => "an error's text has no full stop"),
    ...complain(
      file,
      isTest(file) ? "" : text,
      /["'`](Failed to|Unable to|Could not|Can't|Error:)\s/,
      (start) => `"${start}" has to be "Cannot"`,
    ),
  ]);
