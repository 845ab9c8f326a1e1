import { expect, test } from "bun:test";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../kit/run.ts";

async function inDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "container-files-"));
  try {
    await work(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

const done = { exit: 0, stdout: "OK\n", stderr: "" };

/** The loader and the libraries that Bun is linked with, by the names that it asks for. */
const names = (await namesNeeded()).toSorted();

async function namesNeeded(): Promise<string[]> {
  const env = { LD_TRACE_LOADED_OBJECTS: "1" };
  const text = await Bun.spawn([process.execPath], { env, stdout: "pipe" }).stdout.text();
  return [...text.matchAll(/^\s*(?:\/\S*\/)?((?:lib|ld-linux)[^\s/]*)/gm)].map(([, name]) => name ?? "");
}

test("containerFiles puts what the program needs into a directory, which is enough to run it", () =>
  inDirectory(async (directory) => {
    const target = join(directory, "container/lib");
    expect(await run(["container-files", target])).toEqual(done);
    expect((await readdir(target)).toSorted()).toEqual(names);
    const loader = names.find((name) => name.startsWith("ld-linux")) ?? "";
    const child = Bun.spawnSync([join(target, loader), "--library-path", target, "--list", process.execPath]);
    for (const name of names.filter((one) => one !== loader)) {
      expect(child.stdout.toString()).toContain(`${name} => ${join(target, name)}`);
    }
  }));

test("containerFiles replaces what is another, by a rename, and touches nothing else", () =>
  inDirectory(async (directory) => {
    await run(["container-files", directory]);
    await writeFile(join(directory, "hostctl"), "the program lies here");
    await rm(join(directory, "libm.so.6"));
    const kept = await stat(join(directory, "libdl.so.2"));
    const before = await Bun.file(join(directory, "libc.so.6")).bytes();
    await writeFile(join(directory, "libc.so.6"), "of the last release");
    const old = await stat(join(directory, "libc.so.6"));
    expect(await run(["container-files", directory])).toEqual(done);
    expect(await Bun.file(join(directory, "libc.so.6")).bytes()).toEqual(before);
    expect((await stat(join(directory, "libc.so.6"))).ino).not.toBe(old.ino);
    expect((await stat(join(directory, "libdl.so.2"))).ino).toBe(kept.ino);
    expect((await readdir(directory)).toSorted()).toEqual([...names, "hostctl"].toSorted());
    expect(await readFile(join(directory, "hostctl"), "utf8")).toBe("the program lies here");
  }));

test("containerFiles refuses a directory of libraries that are not its own", () =>
  inDirectory(async (directory) => {
    await mkdir(join(directory, "lib"));
    await writeFile(join(directory, "lib/libc.so.6"), "of the host");
    const refusal = (place: string) => ({
      exit: 1,
      stdout: `Cannot put libraries into "${place}": it is no directory for containers; name one, such as "lib"\n`,
      stderr: "",
    });
    expect(await run(["container-files", join(directory, "lib")])).toEqual(refusal(join(directory, "lib")));
    expect(await readFile(join(directory, "lib/libc.so.6"), "utf8")).toBe("of the host");
    // Bun itself, which stands for the program here, does not lie in a directory for containers.
    expect((await run(["container-files"])).stdout).toContain("it is no directory for containers");
    expect((await run(["container-files", "--name", "edge"])).exit).toBe(2);
    expect((await run(["container-files", "a", "b"])).exit).toBe(2);
  }));
