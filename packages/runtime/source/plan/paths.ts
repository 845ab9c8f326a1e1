// Paths as text; none of these looks at a disk. ".." was refused before.

/** "/srv" and "data//x/" → "/srv/data/x". */
export function beneath(directory: string, path: string): string {
  const parts = [directory, path].flatMap((part) => part.split("/")).filter((part) => part !== "" && part !== ".");
  return `/${parts.join("/")}`;
}

/** Whether the one path is the other, or below it. */
export function isWithin(path: string, directory: string): boolean {
  return path === directory || directory === "/" || path.startsWith(`${directory}/`);
}
