const transpiler = new Bun.Transpiler({ loader: "ts" });

/** What a file imports, as Bun's own parser sees it; imports of types count too, though they leave no code. */
export function imported(text: string): string[] {
  return transpiler.scan(withTypesAsValues(text)).imports.map(({ path }) => path);
}

/** The parser drops imports of types, so they are made to look like any other. */
function withTypesAsValues(text: string): string {
  return text
    .replaceAll(/^(\s*)(import|export) type(\s+[{*\w])/gm, (all, space: string, word: string, rest: string) =>
      word === "import" || rest.endsWith("{") ? `${space}${word}${rest}` : all,
    )
    .replaceAll(/^(\s*(?:import|export) \{)([^}]*)(\} from)/gm, (_, start: string, names: string, end: string) =>
      [start, names.replaceAll(/\btype /g, ""), end].join(""),
    );
}
