import { expect, test } from "bun:test";
import { chmod, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkLocalFile } from "../source/local-file.ts";

async function inDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), "local-file-")));
  try {
    await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const what = "the rootfs archive";

test("checkLocalFile gives the real path and the size, through symbolic links", () =>
  inDirectory(async (directory) => {
    await writeFile(join(directory, "file"), "1234");
    await symlink("file", join(directory, "one"));
    await symlink(join(directory, "one"), join(directory, "two"));
    expect(await checkLocalFile(join(directory, "two"), { what })).toEqual({ path: join(directory, "file"), bytes: 4 });
  }));

test("checkLocalFile refuses a file above its limit, a loop and a name that is too long", () =>
  inDirectory(async (directory) => {
    const path = join(directory, "file");
    await writeFile(path, "1234");
    await symlink("loop", join(directory, "loop"));
    const whyOf = async (name: string, bytesMax?: number): Promise<string> => {
      const checking = checkLocalFile(join(directory, name), { what, ...(bytesMax === undefined ? {} : { bytesMax }) });
      return await checking.then(
        () => "taken",
        (error: Error) => error.message.replace(/^Cannot install ".*": /, ""),
      );
    };
    expect(await whyOf("file", 4)).toBe("taken");
    expect(await whyOf("file", 3)).toBe("it has 4 bytes, more than the 3 allowed; give the rootfs archive");
    expect(await whyOf("loop")).toBe("it is a symbolic link that leads back to itself; check where it leads");
    expect(await whyOf("x".repeat(300))).toBe("the name is too long; check the path");
  }));

const isRoot = process.getuid?.() === 0;
if (isRoot) console.log("skipped: a file without permission: root may read every file");
test.skipIf(isRoot)("checkLocalFile refuses a file that may not be read", () =>
  inDirectory(async (directory) => {
    await writeFile(join(directory, "file"), "1234");
    await chmod(join(directory, "file"), 0);
    const checking = checkLocalFile(join(directory, "file"), { what }).catch((error: Error) => error.message);
    expect(await checking).toBe(
      `Cannot install "${join(directory, "file")}": permission denied; give a file that this user may read`,
    );
  }),
);
