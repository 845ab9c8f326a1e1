// os-release(5), as far as portabled reads it: lines NAME=value in the manner of a shell, the last one of a name counts.
export type OsRelease = ReadonlyMap<string, string>;

/** What is no assignment is left out, so that a garbage file has no "ID". */
export function parseOsRelease(text: string): OsRelease {
  const values = new Map<string, string>();
  for (const line of text.split("\n")) {
    const found = /^\s*([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line);
    if (found === null || line.trimStart().startsWith("#")) continue;
    const [, name = "", value = ""] = found;
    values.set(name, unquoted(value.trim()));
  }
  return values;
}

function unquoted(value: string): string {
  const quote = value.at(0);
  if (quote !== '"' && quote !== "'") return value.replaceAll(/\\(.)/g, "$1");
  const end = value.lastIndexOf(quote);
  const inner = value.slice(1, end > 0 ? end : undefined);
  return quote === "'" ? inner : inner.replaceAll(/\\(["\\$`])/g, "$1");
}

/** The prefixes that the image allows; undefined where it allows all. */
export function allowedPrefixes(osRelease: OsRelease): string[] | undefined {
  return osRelease.get("PORTABLE_PREFIXES")?.split(/\s+/).filter(Boolean);
}

/** What the image calls itself, for a person. */
export function prettyName(osRelease: OsRelease): string | undefined {
  return osRelease.get("PORTABLE_PRETTY_NAME") ?? osRelease.get("PRETTY_NAME");
}

export function versionOf(osRelease: OsRelease): string | undefined {
  return osRelease.get("IMAGE_VERSION") ?? osRelease.get("VERSION_ID") ?? osRelease.get("BUILD_ID");
}
