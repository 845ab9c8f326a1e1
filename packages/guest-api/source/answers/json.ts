// JSON as both originals write it: compact, and with what encoding/json of Go escapes where JSON.stringify does not, and the reverse.
const written: Readonly<Record<string, string>> = {
  "\\b": "\\u0008",
  "\\f": "\\u000c",
  "\u2028": "\\u2028",
  "\u2029": "\\u2029",
};

/** `<`, `>` and `&` stay as they are. */
export function toJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(/\\.|[\u2028\u2029]/gu, (found) => written[found] ?? found);
}

/** As in events: these three are escaped, too, so that JSON can stand in HTML. */
export function toHtmlSafeJson(value: unknown): string {
  return toJson(value).replaceAll("<", "\\u003c").replaceAll(">", "\\u003e").replaceAll("&", "\\u0026");
}
