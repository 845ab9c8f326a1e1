// What the real minisign made; make.sh says how.
import { readFileSync } from "node:fs";
import { join } from "node:path";

export function vector(name: string): Buffer {
  return readFileSync(join(import.meta.dirname, name));
}

export const password = "correct horse";
export const signatures = [
  ["prehashed.sig", "plain.pub"],
  ["legacy.sig", "plain.pub"],
  ["password.sig", "password.pub"],
] as const;
