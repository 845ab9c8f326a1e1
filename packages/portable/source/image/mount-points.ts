// What systemd mounts over when it starts a service of an image: on an image that cannot be written each of them has to be there, or the service
// fails with 226. On one that can be written systemd would create them, which changes the image.
import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Finding } from "./finding.ts";
import type { ImageTree } from "./tree.ts";

const files = ["etc/resolv.conf", "etc/machine-id"];
/** systemd makes these as well in a tree that it may write, which would change the image. */
const further = [
  { path: "bin", target: "usr/bin" },
  { path: "sbin", target: "usr/sbin" },
  { path: "lib", target: "usr/lib" },
];
const directories = ["proc", "sys", "dev", "run", "tmp", "var/tmp"];

export async function checkMountPoints(tree: ImageTree): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const path of files) {
    const { found } = await tree.resolve(path);
    if (found?.type === "file") continue;
    const text = `${path} is ${found === undefined ? "missing" : "no file"}; add an empty file`;
    findings.push({ check: "files", result: "refused", path, text });
  }
  for (const path of directories) {
    const { found } = await tree.resolve(path);
    if (found?.type === "directory") continue;
    const text = `${path} is ${found === undefined ? "missing" : "no directory"}; add an empty directory`;
    findings.push({ check: "directories", result: "refused", path, text });
  }
  return findings;
}

/** Makes what is missing in a tree that was unpacked and is not in use yet; answers what it made. What is of the wrong kind stays. */
export async function addMountPoints(root: string, tree: ImageTree): Promise<string[]> {
  const made: string[] = [];
  for (const path of ["etc", "var", ...directories]) {
    if (await isTaken(tree, path)) continue;
    await mkdir(join(root, path));
    await chmod(join(root, path), path.endsWith("tmp") ? 0o1777 : 0o755);
    if (path !== "etc" && path !== "var") made.push(path);
  }
  for (const path of files) {
    if (await isTaken(tree, path)) continue;
    await writeFile(join(root, path), "", { mode: 0o644, flag: "wx" });
    made.push(path);
  }
  if (!(await isTaken(tree, "root"))) {
    await mkdir(join(root, "root"), { mode: 0o750 });
    made.push("root");
  }
  for (const { path, target } of further) {
    if ((await isTaken(tree, path)) || (await tree.resolve(target)).found?.type !== "directory") continue;
    await symlink(target, join(root, path));
    made.push(path);
  }
  return made;
}

/** Also by a link that leads nowhere, and where a directory above it is a link: that is left for a person. */
async function isTaken(tree: ImageTree, path: string): Promise<boolean> {
  const { found, links } = await tree.resolve(path);
  return found !== undefined || links.length > 0;
}
