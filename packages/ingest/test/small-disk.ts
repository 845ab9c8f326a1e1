// A disk of 8 MiB, for what happens when one is full.
import { mkdirSync } from "node:fs";
import { skip, type Workshop } from "./workshop.ts";

/** Undefined, with the reason printed, where this user may not mount. */
export function mountSmallDisk(workshop: Workshop): (Disposable & { directory: string }) | undefined {
  const directory = workshop.path("disk");
  mkdirSync(directory);
  const { success, stderr } = Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", directory]);
  if (!success) {
    skip(`no disk to fill: ${stderr.toString().trim()}`);
    return undefined;
  }
  return {
    directory,
    [Symbol.dispose]: () => void Bun.spawnSync(["umount", directory], { stdio: ["ignore", "inherit", "inherit"] }),
  };
}
