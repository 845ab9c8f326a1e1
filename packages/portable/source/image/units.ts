// The units of an image: where portabled looks for them, and which of them it takes.
import type { Finding } from "./finding.ts";
import { isMatching } from "./names.ts";
import type { ImageTree, Link, Resolved } from "./tree.ts";

/** In the order of systemd's search path (systemd.unit(5)) with root: the first hit of a name counts. */
const directories = [
  "etc/systemd/system.control",
  "run/systemd/system.control",
  "run/systemd/transient",
  "run/systemd/generator.early",
  "etc/systemd/system",
  "etc/systemd/system.attached",
  "run/systemd/system",
  "run/systemd/system.attached",
  "run/systemd/generator",
  "usr/local/lib/systemd/system",
  "usr/lib/systemd/system",
  "lib/systemd/system",
  "run/systemd/generator.late",
];

const unitBytesMax = 1024 * 1024;
const unitsMax = 500;

export interface ImageUnit {
  name: string;
  /** Where it is in the image, behind its links. */
  path: string;
  text: string;
}

export interface FoundUnits {
  /** In the order of their names. */
  units: ImageUnit[];
  findings: Finding[];
}

export async function findUnits(tree: ImageTree, prefixes: readonly string[]): Promise<FoundUnits> {
  const units = new Map<string, ImageUnit>();
  const findings: Finding[] = [];
  for (const directory of directories) {
    const { found } = await tree.resolve(directory);
    if (found?.type !== "directory") continue;
    for (const name of await tree.list(found)) {
      if (!isMatching(name, prefixes) || units.has(name)) continue;
      const path = `${directory}/${name}`;
      const resolved = await tree.resolve(path);
      const outside = leadsOut(resolved);
      if (outside !== undefined) findings.push(outside);
      const unit = outside === undefined ? await readUnit(tree, name, resolved) : undefined;
      if (unit === undefined) continue;
      units.set(name, unit);
      if (units.size > unitsMax) return { units: [], findings: [...findings, tooMany()] };
    }
  }
  const list = [...units.values()].toSorted((one, other) => (one.name < other.name ? -1 : 1));
  return { units: list, findings: unique(findings) };
}

/** What portabled passes over in silence is no unit here either: nothing there, a device, a directory, an empty file. */
async function readUnit(tree: ImageTree, name: string, { found }: Resolved): Promise<ImageUnit | undefined> {
  if (found?.type !== "file" || found.bytes === 0) return undefined;
  const text = new TextDecoder().decode(await tree.read(found, Math.min(found.bytes, unitBytesMax)));
  return { name, path: found.path, text };
}

/** systemd before 260 follows an absolute link of a directory at the root of the host, and copies what it finds there. */
function leadsOut({ links, climbs }: Resolved): Finding | undefined {
  const absolute = links.find(({ target }) => target.startsWith("/") && target !== "/dev/null");
  if (absolute !== undefined) return outside(absolute, "an absolute path, which the host would follow at its own root");
  const last = links.at(-1);
  return climbs && last !== undefined ? outside(last, "a path that leaves the image") : undefined;
}

function outside({ path, target }: Link, what: string): Finding {
  const text = `${path} is a link to ${JSON.stringify(target)}, ${what}; make it a relative link inside the image, or a file`;
  return { check: "links", result: "refused", path, text };
}

function tooMany(): Finding {
  const text = `more than ${unitsMax} units match; give a longer prefix`;
  return { check: "units", result: "refused", text };
}

/** A link of a directory above is met once for each unit. */
function unique(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((finding) => [finding.text, finding])).values()];
}
