import path from "node:path";
import { complain, type Rule, scripts } from "../tree.ts";

const emptyWords = /^(utils?|helpers?|common|types|constants|misc|shared|lib)$/;
const emptySuffix =
  /\b(?:(?:class|interface|type|function|const)\s+(?=\w+(?:Manager|Handler|Helper|Utils?)\b)|class\s+(?=\w+Service\b))(\w+)/;

/** A file is named by the noun that it owns or the verb that it does. */
export const speakingNames: Rule = (tree) => [
  ...[...tree.keys()].flatMap((file) =>
    file
      .split("/")
      .map((part) => path.posix.parse(part).name)
      .filter((part) => emptyWords.test(part))
      .map((part) => `${file}: "${part}" does not say what is in it`),
  ),
  ...scripts(tree).flatMap(([file, text]) =>
    complain(file, text, emptySuffix, (name) => `"${name}" does not say what it does`),
  ),
];
