import path from "node:path";
import { PackagingError } from "./error.ts";

/** An unchanged program is not made again. */
export async function buildProgram(root: string, target: string | undefined): Promise<void> {
  const entry = path.join(root, "packages/executable/compile/main.ts");
  const command = [process.execPath, entry, ...(target === undefined ? [] : [`--target=${target}`])];
  const child = Bun.spawn(command, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  if ((await child.exited) !== 0) throw new PackagingError("Cannot make the package: the build failed");
}
