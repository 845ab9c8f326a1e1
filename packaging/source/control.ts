// What dpkg is told about the files, and the scripts that it runs.
import { chmod, copyFile, mkdir, readdir, readFile, lstat, writeFile } from "node:fs/promises";
import path from "node:path";
import { maintainer } from "./documents.ts";

const scripts = ["postinst", "prerm", "postrm"] as const;

export async function writeControl(
  tree: string,
  { version, architecture }: { version: string; architecture: string },
): Promise<void> {
  const files = await filesOf(tree);
  const directory = path.join(tree, "DEBIAN");
  const own = path.resolve(import.meta.dirname, "../deb");
  await mkdir(directory);
  const installedKilobytes = files.reduce((sum, { bytes }) => sum + Math.ceil(bytes / 1024), 0);
  const fields = await readFile(path.join(own, "control"), "utf8");
  await write(
    path.join(directory, "control"),
    fields
      .replace("@VERSION@", version)
      .replace("@ARCHITECTURE@", architecture)
      .replace("@MAINTAINER@", maintainer)
      .replace("@INSTALLED_SIZE@", String(installedKilobytes)),
  );
  const configuration = files.map(({ name }) => name).filter((name) => name.startsWith("etc/"));
  await write(path.join(directory, "conffiles"), configuration.map((name) => `/${name}\n`).join(""));
  await write(path.join(directory, "triggers"), await readFile(path.join(own, "triggers"), "utf8"));
  await write(path.join(directory, "md5sums"), await md5sums(tree, files));
  for (const name of scripts) {
    await copyFile(path.join(own, name), path.join(directory, name));
    await chmod(path.join(directory, name), 0o755);
  }
}

interface PackedFile {
  name: string;
  bytes: number;
}

async function filesOf(tree: string): Promise<PackedFile[]> {
  const entries = await readdir(tree, { recursive: true, withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(tree, path.join(entry.parentPath, entry.name)))
    .toSorted();
  return Promise.all(names.map(async (name) => ({ name, bytes: (await lstat(path.join(tree, name))).size })));
}

/** Of everything but configuration files, as deb-md5sums(5) has it. */
async function md5sums(tree: string, files: readonly PackedFile[]): Promise<string> {
  const lines: string[] = [];
  for (const { name } of files.filter((file) => !file.name.startsWith("etc/"))) {
    const hash = new Bun.CryptoHasher("md5").update(await Bun.file(path.join(tree, name)).bytes());
    lines.push(`${hash.digest("hex")}  ${name}\n`);
  }
  return lines.join("");
}

async function write(file: string, text: string): Promise<void> {
  await writeFile(file, text);
  await chmod(file, 0o644);
}
