// How the two programs read their files, written from their sources and apart from our writers: what a property compares with.

/** The lines of an .nspawn file, as systemd's config_parse reads them: comments, continued lines, blanks around. */
export function readSettings(text: string): { section: string; key: string; value: string }[] {
  const entries: { section: string; key: string; value: string }[] = [];
  let section = "";
  let continued = "";
  for (const raw of text.split(/[\n\r\0]/u)) {
    const line = continued + raw.trimStart();
    continued = "";
    if (/^[#;]/u.test(line) || line.trim() === "") continue;
    if (line.endsWith("\\")) {
      continued = `${line.slice(0, -1)} `;
      continue;
    }
    const header = /^\[(.*)\]$/u.exec(line.trim());
    if (header !== null) {
      section = header[1] ?? "";
      continue;
    }
    const equals = line.indexOf("=");
    entries.push({ section, key: line.slice(0, equals).trim(), value: line.slice(equals + 1).trim() });
  }
  return entries;
}

/** extract_first_word with EXTRACT_UNQUOTE and EXTRACT_RETAIN_ESCAPE: the words of `Environment=`. */
export function readWords(value: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (const character of value) {
    if (quote !== "") {
      if (character === quote) quote = "";
      else word += character;
    } else if (character === "'" || character === '"') {
      quote = character;
      word ??= "";
    } else if (" \t\n\r".includes(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + character;
  }
  if (quote !== "") throw new Error(`a quote is left open: ${value}`);
  if (word !== undefined) words.push(word);
  return words;
}

/** bind_mount_parse: two paths and options, where a backslash takes the next letter as it is. */
export function readBind(value: string): string[] {
  const parts = [""];
  for (let index = 0; index < value.length; index++) {
    const letter = value.charAt(index);
    if (letter === ":") parts.push("");
    else parts[parts.length - 1] += letter === "\\" ? value.charAt(++index) : letter;
  }
  return parts;
}

/** The lines of an LXC configuration: lxc_config_parse of confile_utils.c. */
export function readLxc(text: string): { key: string; value: string }[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const equals = line.indexOf("=");
      const value = line.slice(equals + 1).trim();
      const isQuoted = value.length > 1 && /^["']/u.test(value) && value.at(-1) === value.at(0);
      return { key: line.slice(0, equals).trim(), value: isQuoted ? value.slice(1, -1) : value };
    });
}

/** getmntent(3): six fields with octal escapes. */
export function readMountEntry(value: string): string[] {
  return value
    .split(/[ \t]+/u)
    .map((field) =>
      field.replaceAll(/\\(\d{3})/gu, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))),
    );
}
