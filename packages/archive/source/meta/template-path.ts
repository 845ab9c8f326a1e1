import { clean, refuseMeta } from "./refusal.ts";

/** What may be edited: an absolute path within the root. `where` names who asks. */
export function checkTemplatePath(path: string, where: string): string {
  const refuse = (why: string) => refuseMeta(`${where} names ${JSON.stringify(clean(path))}, which ${why}`);
  if (path.includes("\0")) throw refuse("has a zero byte");
  if (!path.startsWith("/")) throw refuse("is not an absolute path within the root");
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..")) throw refuse('has ".." in it');
  if (parts.length === 0 || path.endsWith("/")) throw refuse("is no file");
  if (path.length > 4095 || parts.some((part) => part.length > 255)) throw refuse("is too long");
  return `/${parts.join("/")}`;
}
