import { readFileSync } from "node:fs";
import type { DeviceNumber } from "./device-number.ts";

/** One line of /proc/self/mountinfo (proc_pid_mountinfo(5)). */
export interface Mount {
  device: DeviceNumber;
  mountPoint: string;
  type: string;
  source: string;
}

export function readMounts(): Mount[] {
  return parseMounts(readFileSync("/proc/self/mountinfo", "utf8"));
}

/** In the order of the kernel: of two on the same place the later one is seen. */
export function parseMounts(text: string): Mount[] {
  return text.split("\n").flatMap((line) => {
    const [place = "", system = ""] = line.split(" - ");
    const [, , device, , mountPoint] = place.split(" ");
    const [type, source] = system.split(" ");
    if (device === undefined || mountPoint === undefined || type === undefined || source === undefined) return [];
    return [{ device, mountPoint: plain(mountPoint), type, source: plain(source) }];
  });
}

/** The mount that a path lies on. */
export function mountOf(path: string, mounts: readonly Mount[]): Mount | undefined {
  const over = mounts.filter(({ mountPoint }) => isBeneath(path, mountPoint));
  const length = Math.max(...over.map(({ mountPoint }) => mountPoint.length));
  return over.findLast(({ mountPoint }) => mountPoint.length === length);
}

function isBeneath(path: string, mountPoint: string): boolean {
  return mountPoint === "/" || path === mountPoint || path.startsWith(`${mountPoint}/`);
}

/** The kernel writes blank, tab, newline and backslash as three octal digits. */
function plain(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
