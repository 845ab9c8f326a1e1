import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./run.ts";

/** A mount on a directory of its own, gone with the block. */
export function mounted(source: string, options = "", type = "auto"): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "upgrade-"));
  run(["mount", "-t", type, ...(options === "" ? [] : ["-o", options]), source, path]);
  return {
    path,
    [Symbol.dispose]() {
      run(["umount", path]);
      rmdirSync(path);
    },
  };
}
