import { readFile } from "node:fs/promises";
import path from "node:path";

export const maintainer = "The Host Service authors <host-service@example.org>";

/** Debian's form (deb-changelog(5)); what changed stands in the project's own. */
export function changelogOf(version: string, sourceDate: number): string {
  const date = new Date(sourceDate * 1000).toUTCString().replace("GMT", "+0000");
  return `host-service (${version}) stable; urgency=medium\n\n  * See CHANGELOG.md of the project.\n\n -- ${maintainer}  ${date}\n`;
}

/** copyright-format 1.0, with the licence that Debian's base system has the text of. */
export async function copyrightOf(root: string): Promise<string> {
  const licence = await readFile(path.join(root, "LICENSE"), "utf8");
  if (!licence.includes("Apache License")) throw new Error("Invariant: the licence is Apache-2.0");
  return `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: host-service

Files: *
Copyright: 2026 The Host Service authors
License: Apache-2.0
 On Debian systems the text of the Apache License, version 2.0, is in
 /usr/share/common-licenses/Apache-2.0.
Comment:
 The executable contains the Bun runtime (MIT, with JavaScriptCore under LGPL-2), and the libraries that bun.lock
 of the sources names.
`;
}
