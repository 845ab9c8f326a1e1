// What the program needs to run in any container: this host's loader and libraries, beside the program itself. They are copies in
// one directory that is bound into containers, so that an update of the C library, copied over them, reaches running ones too.
import { mkdir, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { realDisk } from "@host-service/disk";
import { print } from "../print.ts";
import { explain } from "./explain.ts";

export interface ContainerFilesOptions {
  /** Default: where the program itself lies. */
  directory: string | undefined;
  /** The argv that starts this program again. */
  program: readonly string[];
}

interface Library {
  name: string;
  path: string;
}

export async function containerFiles({ directory, program }: ContainerFilesOptions): Promise<number> {
  try {
    const executable = await realpath(program[0] ?? "");
    const target = directory ?? dirname(executable);
    await refuseForeignPlace(target, directory === undefined);
    await mkdir(target, { recursive: true, mode: 0o755 });
    await copyAll(await librariesOf(executable), target);
    print("OK");
    return 0;
  } catch (error) {
    print(explain(error));
    return 1;
  }
}

/** The host's own libraries must never be written over by mistake; the program may as well lie in /usr/bin. */
async function refuseForeignPlace(target: string, isDefault: boolean): Promise<void> {
  const [hasLibraries, hasProgram] = await Promise.all([isThere(target, "libc.so.6"), isThere(target, "hostctl")]);
  const isOurs = isDefault ? basename(target) === "lib" : !hasLibraries || hasProgram;
  if (isOurs) return;
  throw new Error(`Cannot put libraries into "${target}": it is no directory for containers; name one, such as "lib"`);
}

function isThere(directory: string, name: string): Promise<boolean> {
  return stat(join(directory, name)).then(
    () => true,
    () => false,
  );
}

/** As the loader itself finds them (ld.so(8)): `name => path (address)`, and the loader alone by its path. */
async function librariesOf(executable: string): Promise<Library[]> {
  const env = { LD_TRACE_LOADED_OBJECTS: "1" };
  const child = Bun.spawn([executable], { env, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [text, said, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  const libraries = text.split("\n").flatMap(libraryOf);
  if (status !== 0 || !libraries.some(({ name }) => name.startsWith("ld-linux"))) {
    throw new Error(`Cannot tell what "${executable}" needs: its loader said "${`${text}${said}`.trim()}"`);
  }
  return libraries;
}

function libraryOf(line: string): Library[] {
  const [, left, right] = /^\s*(\S+)(?: => (\S+))? \(0x[0-9a-f]+\)$/.exec(line) ?? [];
  const path = right ?? left;
  // The kernel's own (vdso) has no file.
  if (left === undefined || path === undefined || !path.startsWith("/")) return [];
  return [{ name: basename(left), path }];
}

/** A loader works with the libraries of its own version alone: so all are there, durable, before the first is renamed. */
async function copyAll(libraries: readonly Library[], target: string): Promise<void> {
  const temporary = (name: string) => join(target, `.${name}.new`);
  const changed: string[] = [];
  try {
    for (const { name, path } of libraries) {
      const contents = await readFile(path);
      const present = await readFile(join(target, name)).catch(() => undefined);
      if (present?.equals(contents) === true) continue;
      changed.push(name);
      await rm(temporary(name), { force: true });
      await realDisk.create(temporary(name), contents, { mode: 0o755 });
      await realDisk.sync(temporary(name));
    }
    for (const name of changed) await rename(temporary(name), join(target, name));
  } catch (error) {
    for (const name of changed) await rm(temporary(name), { force: true });
    throw error;
  }
  if (changed.length > 0) await realDisk.sync(target);
}
