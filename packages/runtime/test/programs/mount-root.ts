// Mounts a root as `container run` does, in the mount namespace that it was started in, then runs a command: what that printed, or why the root
// could not be mounted, is the answer.
import { openSync } from "node:fs";
import { keepMountsPrivate } from "@host-service/disk";
import { mountRoot } from "../../source/mounts/root.ts";
import type { RootOptions } from "../../source/mounts/root.ts";

const [given = "{}", command = "true"] = process.argv.slice(2);
const { roots, ...options }: Omit<RootOptions, "at"> & { roots: string } = JSON.parse(given);
try {
  keepMountsPrivate();
  mountRoot({ ...options, at: { parentFd: openSync(roots, "r"), name: "edge" } });
  const child = Bun.spawnSync(["sh", "-c", command], { cwd: `${roots}/edge`, stderr: "pipe" });
  console.log(JSON.stringify({ output: child.stdout.toString().trim(), errors: child.stderr.toString().trim() }));
} catch (error) {
  const kind = error instanceof Error && "kind" in error ? error.kind : undefined;
  console.log(JSON.stringify({ kind, message: error instanceof Error ? error.message : String(error) }));
}
