import { expect, test } from "bun:test";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { directoryTree } from "../../source/image/tree.ts";
import { inDirectory } from "../kit/image.ts";

test("resolve begins every path and follows every link at the root of the image", async () => {
  await inDirectory(async (directory) => {
    const root = join(directory, "image");
    await mkdir(join(root, "usr/lib"), { recursive: true });
    await writeFile(join(directory, "secret"), "outside");
    await writeFile(join(root, "usr/lib/file"), "inside");
    await symlink("usr/lib", join(root, "lib"));
    await symlink("/usr/lib/file", join(root, "absolute"));
    await symlink("../../../../usr/lib/file", join(root, "usr/up"));
    await symlink("../secret", join(root, "escape"));
    await symlink("loop", join(root, "loop"));
    await symlink("/nowhere", join(root, "dangling"));
    const tree = directoryTree(root);
    const paths =
      "/lib/file absolute usr/up escape loop dangling usr/lib/file/more ../secret usr/../usr/lib . missing".split(" ");
    const found = [];
    for (const path of paths) {
      const { found: entry, climbs, links } = await tree.resolve(path);
      found.push([path, entry?.path, entry?.type, climbs, links.length]);
    }
    expect(found).toEqual([
      ["/lib/file", "usr/lib/file", "file", false, 1],
      ["absolute", "usr/lib/file", "file", false, 1],
      ["usr/up", "usr/lib/file", "file", true, 1],
      ["escape", undefined, undefined, true, 1],
      ["loop", undefined, undefined, false, 41],
      ["dangling", undefined, undefined, false, 1],
      ["usr/lib/file/more", undefined, undefined, false, 0],
      ["../secret", undefined, undefined, true, 0],
      ["usr/../usr/lib", "usr/lib", "directory", false, 0],
      [".", "", "directory", false, 0],
      ["missing", undefined, undefined, false, 0],
    ]);
  });
});
