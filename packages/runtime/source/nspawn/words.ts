// How .nspawn files quote. A value never holds a control character: the plan has refused it.

/**
 * One assignment for `Environment=`, which systemd splits at blanks and quotes, and where a backslash is itself
 * (config_parse_strv). A double quote cannot stand between double quotes, so it stands between single ones.
 */
export function assignmentWord(assignment: string): string {
  return assignment
    .split(/("+)/u)
    .filter((part) => part !== "")
    .map((part) => (part.startsWith('"') ? `'${part}'` : `"${part}"`))
    .join("");
}

/** A path for `Bind=`, where a colon separates and a backslash takes the next letter as it is. */
export function bindPath(path: string): string {
  return path.replaceAll(/[\\:]/gu, (letter) => `\\${letter}`);
}
