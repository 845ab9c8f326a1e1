import { isTest, type Rule, scripts } from "../tree.ts";

const sourceLinesMax = 250;
const testLinesMax = 600;

/** A longer file holds two ideas. */
export const fileLength: Rule = (tree) =>
  scripts(tree).flatMap(([file, text]) => {
    const lines = text.split("\n").length - 1;
    const most = isTest(file) ? testLinesMax : sourceLinesMax;
    return lines > most ? [`${file}: has ${lines} lines, and ${most} is the limit`] : [];
  });
