// The path of a request, as it was sent: matched segment by segment, and each segment decoded afterwards, so that %2F is a slash inside a key.

export interface Target {
  segments: readonly string[];
  query: URLSearchParams;
  /** Where the path was not clean: what it should have been. */
  cleaned: string | undefined;
}

/** Undefined for a percent sign that begins no escape. `url` is as the runtime gives it: a whole URL, or the bare target where there was no usable Host. */
export function targetOf(url: string): Target | undefined {
  const target = url.replace(/^[a-z]+:\/\/[^/?#]*/iu, "") || "/";
  const mark = target.indexOf("?");
  const path = mark < 0 ? target : target.slice(0, mark);
  const query = mark < 0 ? "" : target.slice(mark);
  if (/%(?![0-9a-f]{2})/iu.test(path)) return undefined;
  const clean = cleaned(path);
  return {
    segments: path.slice(1).split("/").map(decode),
    query: new URLSearchParams(query),
    cleaned: clean === path ? undefined : clean + query,
  };
}

/** As path.Clean of Go, but a slash at the end stays. */
function cleaned(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}${path.endsWith("/") && parts.length > 0 ? "/" : ""}`;
}

/** Bytes that are no UTF-8 name no key. */
function decode(segment: string): string {
  const bytes = segment.replaceAll(/%([0-9a-f]{2})/giu, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, "latin1").toString("utf8");
}
