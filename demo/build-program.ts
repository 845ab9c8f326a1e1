import { join } from "node:path";

const root = join(import.meta.dir, "..");

/** Builds the program where that is needed, and answers the directory that it is in. */
export async function buildProgram(): Promise<string> {
  const build = Bun.spawn([process.execPath, join(root, "packages/executable/compile/main.ts")], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  if ((await build.exited) !== 0) throw new Error("Cannot run the demonstration: the program was not built");
  return join(root, "dist");
}
