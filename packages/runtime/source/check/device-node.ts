// A device node of the host, whose numbers the container's own gets.
import { realpathSync, statSync } from "node:fs";
import { RuntimeError } from "../error.ts";
import type { DeviceNode } from "../model/plan.ts";
import { forbiddenNode } from "../plan/nodes.ts";

export interface NodeNumbers {
  major: number;
  minor: number;
}

/**
 * The numbers of the host's node now. Undefined where it is missing and was not required. udev's links are followed, as long as
 * they stay below /dev.
 */
export function numbersOf(
  { device, kind, source, required }: DeviceNode,
  { deed = "start the container" }: { deed?: string } = {},
): NodeNumbers | undefined {
  const key = `devices.${device}.source`;
  const fail = (kindOfError: "not-supported" | "not-granted", why: string) =>
    new RuntimeError(kindOfError, `Cannot ${deed}: ${JSON.stringify(source)}, which "${key}" names, ${why}`, { key });
  const real = realOf(source);
  if (real === undefined) {
    if (!required) return undefined;
    throw fail("not-supported", 'is not there; plug it in, or write required: "false"');
  }
  const why = forbiddenNode(real);
  if (why !== undefined) throw fail("not-granted", `is ${JSON.stringify(real)}, which ${why}; remove the device`);
  if (!real.startsWith("/dev/")) throw fail("not-granted", "leads out of /dev; name the node itself");
  const status = statSync(real);
  const fits = kind === "char" ? status.isCharacterDevice() : status.isBlockDevice();
  if (!fits) throw fail("not-supported", `is no ${kind === "char" ? "character" : "block"} device; correct its type`);
  return { major: majorOf(status.rdev), minor: minorOf(status.rdev) };
}

function realOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

// glibc's gnu_dev_major and gnu_dev_minor; the kernel's numbers need 32 bits of the 64.
function majorOf(device: number): number {
  return Number((BigInt(device) >> 8n) & 0xfffn);
}

function minorOf(device: number): number {
  const wide = BigInt(device);
  return Number((wide & 0xffn) | ((wide >> 12n) & 0xfff00n));
}
