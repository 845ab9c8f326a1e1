import { readFileSync } from "node:fs";

/** The kernel's id of this boot (random(4)): another one means that the host was rebooted. */
export function kernelBootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}
