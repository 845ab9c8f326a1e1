// systemd.syntax(7), as far as our checks need it: sections, assignments, continued lines, and the first word of a command line.
export interface UnitFile {
  /** All values of a key in their order; an empty assignment drops those before it. */
  values(section: string, key: string): string[];
  has(section: string): boolean;
}

export function parseUnitFile(text: string): UnitFile {
  const sections = new Map<string, Map<string, string[]>>();
  let section: Map<string, string[]> | undefined;
  for (const line of logicalLines(text)) {
    const name = /^\[(.+)\]$/.exec(line)?.[1];
    if (name !== undefined) {
      section = sections.get(name) ?? new Map<string, string[]>();
      sections.set(name, section);
      continue;
    }
    const equals = line.indexOf("=");
    if (section === undefined || equals < 1) continue;
    const key = line.slice(0, equals).trim();
    const value = line.slice(equals + 1).trim();
    section.set(key, value === "" ? [] : [...(section.get(key) ?? []), value]);
  }
  return {
    values: (name, key) => sections.get(name)?.get(key) ?? [],
    has: (name) => sections.has(name),
  };
}

/** A comment between continued lines does not end them. */
function logicalLines(text: string): string[] {
  const lines: string[] = [];
  let open = "";
  for (const raw of text.split("\n")) {
    const line = raw.trim();
    if (line.startsWith("#") || line.startsWith(";")) continue;
    if (line.endsWith("\\")) {
      open += `${line.slice(0, -1)} `;
      continue;
    }
    const whole = `${open}${line}`.trim();
    open = "";
    if (whole !== "") lines.push(whole);
  }
  if (open.trim() !== "") lines.push(open.trim());
  return lines;
}

/** The program of a command line, without systemd's own characters before it. */
export function programOf(commandLine: string): string {
  const plain = commandLine.replace(/^[@\-:+!|]+/, "");
  const quote = plain.at(0);
  if (quote === '"' || quote === "'") {
    const end = plain.indexOf(quote, 1);
    return end === -1 ? plain.slice(1) : plain.slice(1, end);
  }
  return plain.split(/\s/)[0] ?? "";
}
