import path from "node:path";
import { root } from "./suite.ts";

/** The end-to-end tests run the compiled program; an unchanged one is not made again. */
export async function build(): Promise<boolean> {
  const entry = path.join(root, "packages/executable/compile/main.ts");
  return (
    (await Bun.spawn([process.execPath, entry], { cwd: root, stdio: ["ignore", "inherit", "inherit"] }).exited) === 0
  );
}
