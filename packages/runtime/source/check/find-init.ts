// What of an unpacked tree would be started, before anything is: an image without it would only fail at the next boot.
import { RuntimeError } from "../error.ts";
import type { Plan } from "../model/plan.ts";
import { isWithin } from "../plan/paths.ts";
import { elfMachine } from "./elf-machine.ts";
import { hostArchitecture, runs } from "./host.ts";
import { resolveInside } from "./resolve-inside.ts";
import type { Inside } from "./resolve-inside.ts";

/** In the order in which each runtime looks for it. */
const inits = {
  nspawn: ["/usr/lib/systemd/systemd", "/lib/systemd/systemd", "/sbin/init"],
  lxc: ["/sbin/init"],
} as const;

/** systemd-nspawn starts nothing that it does not take for a system. */
const osReleases = ["/etc/os-release", "/usr/lib/os-release"];

export interface FoundInit {
  /** Inside, after all links. */
  path: string;
  /** systemd says when it is ready; other inits do not. */
  notifies: boolean;
}

export interface FindOptions {
  deed?: string;
  /** `uname -m` of the host that will run it; this one's where it is left out. "any": nobody knows. */
  architecture?: string;
}

/**
 * The init, or the command, of the tree at `root`. Links are followed inside of it and never leave it. Throws RuntimeError
 * "rootfs" where the runtime would find nothing to start.
 */
export function findInit(
  { runtime, init, mounts }: Pick<Plan, "runtime" | "init" | "mounts">,
  root: string,
  { deed = "install the image", architecture = hostArchitecture() }: FindOptions = {},
): FoundInit {
  const fail = (why: string) => new RuntimeError("rootfs", `Cannot ${deed}: ${why}`);
  if (runtime === "nspawn") requireSystem(init, root, fail);
  if (init.argv !== undefined) {
    const [program = ""] = init.argv;
    const named = init.kind === "command" ? '"oci.entrypoint"' : 'its metadata ("lxc.init.cmd")';
    // What comes from a volume or a directory of the host is not in the image.
    if (mounts.some(({ target }) => isWithin(program, target))) return { path: program, notifies: false };
    const found = resolveInside(root, program);
    if (found === undefined || !isProgram(found)) {
      const what = found === undefined ? "is missing" : "is no program";
      throw fail(`${JSON.stringify(program)}, which ${named} names, ${what} in the rootfs; correct one of the two`);
    }
    checkMachine(found, architecture, fail);
    return { path: found.path, notifies: false };
  }
  const paths = inits[runtime];
  const found = paths.map((path) => resolveInside(root, path)).find((one) => one !== undefined && isProgram(one));
  if (found === undefined) {
    const where = paths.join(", ");
    throw fail(`the rootfs has no init (${where}); install one, or name a command in "oci.entrypoint"`);
  }
  checkMachine(found, architecture, fail);
  return { path: found.path, notifies: /^\/(?:usr\/)?lib\/systemd\/systemd$/u.test(found.path) };
}

function requireSystem(init: Plan["init"], root: string, fail: (why: string) => RuntimeError): void {
  const next = "add it to the image, or use runtime: lxc";
  if (init.argv === undefined && !osReleases.some((path) => resolveInside(root, path) !== undefined)) {
    throw fail(`the rootfs has no /etc/os-release, without which systemd-nspawn boots nothing; ${next}`);
  }
  if (init.argv !== undefined && resolveInside(root, "/usr") === undefined) {
    throw fail(`the rootfs has no /usr, without which systemd-nspawn starts nothing; ${next}`);
  }
}

function isProgram({ status }: Inside): boolean {
  return status.isFile() && (status.mode & 0o111) !== 0;
}

function checkMachine({ hostPath, path }: Inside, architecture: string, fail: (why: string) => RuntimeError): void {
  const machine = elfMachine(hostPath);
  if (architecture === "any" || runs(architecture, machine)) return;
  throw fail(
    `${path} in the rootfs is for ${machine}, and this host is ${architecture}; install an image for ${architecture}`,
  );
}
