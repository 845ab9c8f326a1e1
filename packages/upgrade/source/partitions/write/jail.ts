// What the job gives up, in three steps: it needs some of it until the last decoder has been started.
import {
  capability,
  chroot,
  confineCapabilities,
  denySystemCalls,
  dropCapabilities,
  execute,
  keepOnExecute,
  type SystemCallName,
} from "@host-service/disk";
import { deniedSystemCalls } from "../denied-system-calls.ts";
import type { WriteRequest } from "../messages.ts";

/** To start a decoder, which shuts itself in, and to end it. */
const neededForDecoders: ReadonlySet<SystemCallName> = new Set([
  "execve",
  "kill",
  "sendto",
  "pidfd_open",
  "chroot",
  "mkdirat",
  "unlinkat",
  // The host's xz runs as a user who owns nothing.
  "setgroups",
  "setgid",
  "setuid",
]);
/** Their input goes to them through a pair of sockets, and they are ended at the very last. */
const neededToTheEnd: ReadonlySet<SystemCallName> = new Set(["kill", "sendto"]);

/**
 * Starts this program over with no capability in any of its threads but those to change the root and the user, which the decoders need: they
 * belong to threads, so only a new image, with a smaller bound, takes them from all of them. Needs root.
 */
export function startOverConfined(
  job: "write" | "verify",
  request: Pick<WriteRequest, "program">,
  descriptors: readonly number[],
): never {
  const { program } = request;
  const [path = ""] = program;
  for (const fd of descriptors) keepOnExecute(fd);
  confineCapabilities([capability.SYS_CHROOT, capability.SETGID, capability.SETUID]);
  const argument = JSON.stringify({ ...request, isConfined: true });
  return execute(path, ["host-service", ...program.slice(1), "job", job, argument], {});
}

/** Before the first byte of the source is looked at. */
export function shutOuterDoor(): void {
  denySystemCalls(deniedSystemCalls.filter((name) => !neededForDecoders.has(name)));
}

/** When no decoder is to come: from here on the process reaches nothing but its descriptors. */
export function shutInnerDoor(emptyDirectoryFd: number): void {
  if (process.geteuid?.() === 0) chroot(emptyDirectoryFd);
  dropCapabilities([]);
  denySystemCalls(deniedSystemCalls.filter((name) => !neededToTheEnd.has(name)));
}
