// What the kernel has, and what is done instead where it has not.
import type { Finding } from "@host-service/protocol";
import { ok, problem, warning } from "../finding.ts";
import { textOf } from "../world.ts";
import type { World } from "../world.ts";

/** What was tested; older ones lack calls that have no fallback. */
const oldest = { major: 5, minor: 10 };

export async function examineKernel(world: World): Promise<Finding[]> {
  const release = (await textOf(world, "proc/sys/kernel/osrelease"))?.trim() ?? "";
  return [
    version(release),
    calls(world),
    await overlay(world, release),
    await userNamespaces(world),
    await controlGroups(world),
  ];
}

function version(release: string): Finding {
  const [major = 0, minor = 0] = release.split(".").map((part) => Number.parseInt(part, 10));
  const isOldEnough = major > oldest.major || (major === oldest.major && minor >= oldest.minor);
  if (isOldEnough) return ok("kernel", `Linux ${release}`);
  const needed = `${oldest.major}.${oldest.minor}`;
  return problem(
    "kernel",
    `Linux ${release || "of no known version"} is older than ${needed}`,
    `update the kernel to ${needed} or later`,
  );
}

function calls(world: World): Finding {
  const missing = (["openat2", "seccomp", "copy_file_range"] as const).filter((call) => !world.knows(call));
  if (missing.length === 0) return ok("system calls", "openat2, seccomp and copy_file_range are there");
  const message = `${missing.join(" and ")} cannot be called, and images are unpacked by them`;
  return problem(
    "system calls",
    message,
    "build the kernel with CONFIG_SECCOMP_FILTER, or open the sandbox in which host-service runs",
  );
}

async function overlay(world: World, release: string): Promise<Finding> {
  const check = "overlayfs";
  if (/^\S*\toverlay$/m.test((await textOf(world, "proc/filesystems")) ?? "")) return ok(check, "the kernel has it");
  const modules = await Promise.all(
    ["modules.builtin", "modules.dep"].map((name) => textOf(world, `lib/modules/${release}/${name}`)),
  );
  if (modules.some((text) => /(?:^|\/)overlay\.ko/m.test(text ?? "")))
    return ok(check, "the kernel has it as a module");
  const message = "the kernel does not have it: containers cannot write to their root";
  return warning(check, message, "build the kernel with CONFIG_OVERLAY_FS, or give images rootfs: read-only");
}

async function userNamespaces(world: World): Promise<Finding> {
  const check = "user namespaces";
  const most = Number((await textOf(world, "proc/sys/user/max_user_namespaces"))?.trim() ?? "0");
  if (most > 0) return ok(check, "containers can have ids of their own");
  const message = "there are none: only privileged containers can run";
  return warning(
    check,
    message,
    "build the kernel with CONFIG_USER_NS, and set sysctl user.max_user_namespaces above 0",
  );
}

async function controlGroups(world: World): Promise<Finding> {
  const check = "control groups";
  const controllers = (await textOf(world, "sys/fs/cgroup/cgroup.controllers"))?.trim().split(/\s+/) ?? [];
  if (controllers.length === 0) {
    const message = "/sys/fs/cgroup is not one tree of version 2: limits of containers may not hold";
    return warning(check, message, "boot with systemd.unified_cgroup_hierarchy=1");
  }
  const missing = ["cpu", "memory", "pids"].filter((name) => !controllers.includes(name));
  if (missing.length === 0) return ok(check, "version 2, with cpu, memory and pids");
  const message = `the controllers ${missing.join(", ")} are missing: such limits of containers do not hold`;
  return warning(
    check,
    message,
    "enable them in the kernel's configuration, or on its command line (cgroup_enable=memory)",
  );
}
