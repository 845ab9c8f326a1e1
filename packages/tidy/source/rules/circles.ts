import path from "node:path";
import { imported } from "../imported.ts";
import { type Rule, scripts } from "../tree.ts";

/** Files that import each other in a circle can only be read all at once; imports of types count too. */
export const noCircles: Rule = (tree) => {
  const imports = new Map(scripts(tree).map(([file, text]) => [file, neighbours(file, text)]));
  const settled = new Set<string>();
  const complaints: string[] = [];
  // Depth first: an import of a file that is on the way there closes a circle.
  const visit = (file: string, way: readonly string[]): void => {
    const start = way.indexOf(file);
    if (start !== -1) complaints.push(`${file}: imports itself: ${[...way.slice(start), file].join(" → ")}`);
    if (start !== -1 || settled.has(file)) return;
    for (const next of imports.get(file) ?? []) visit(next, [...way, file]);
    settled.add(file);
  };
  for (const file of imports.keys()) visit(file, []);
  return complaints;
};

function neighbours(file: string, text: string): string[] {
  return imported(text)
    .filter((name) => name.startsWith("."))
    .map((name) => path.posix.join(path.posix.dirname(file), name));
}
