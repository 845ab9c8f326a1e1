import { complain, type Rule, scripts } from "../tree.ts";

/** An index lists the names that it exports, so that a reader finds each of them in one place. */
export const listedExports: Rule = (tree) =>
  scripts(tree)
    .filter(([file]) => /^(packages\/|fixtures\/)/.test(file))
    .flatMap(([file, text]) => [
      ...complain(file, text, /^\s*export \*/, () => "names have to be listed, not exported by a star"),
      ...complain(file, text, /^\s*export default\b|\bas default\b/, () => "a name has to be exported, not a default"),
    ]);
