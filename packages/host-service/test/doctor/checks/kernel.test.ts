import { expect, test } from "bun:test";
import { examineKernel } from "../../../source/doctor/checks/kernel.ts";
import type { HealthyHost } from "../healthy.ts";
import { notOk, onHealthyHost, told } from "../healthy.ts";

test("examineKernel finds nothing on a healthy host", () =>
  onHealthyHost(async (host) => expect(notOk(await examineKernel(host.world))).toEqual([])));

const faults: [name: string, check: string, plant: (host: HealthyHost) => unknown, expected: string][] = [
  [
    "an old kernel",
    "kernel",
    (host) => host.write("proc/sys/kernel/osrelease", "5.4.0\n"),
    "problem: Linux 5.4.0 is older than 5.10 -> update the kernel to 5.10 or later",
  ],
  [
    "a hidden system call",
    "system calls",
    (host) => (host.world = { ...host.world, knows: (call) => call !== "openat2" }),
    "problem: openat2 cannot be called, and images are unpacked by them -> build the kernel with CONFIG_SECCOMP_FILTER, or open the sandbox in which host-service runs",
  ],
  [
    "no overlayfs",
    "overlayfs",
    (host) => host.write("proc/filesystems", "nodev\tproc\n"),
    "warning: the kernel does not have it: containers cannot write to their root -> build the kernel with CONFIG_OVERLAY_FS, or give images rootfs: read-only",
  ],
  [
    "no user namespaces",
    "user namespaces",
    (host) => host.write("proc/sys/user/max_user_namespaces", "0\n"),
    "warning: there are none: only privileged containers can run -> build the kernel with CONFIG_USER_NS, and set sysctl user.max_user_namespaces above 0",
  ],
  [
    "control groups of version 1",
    "control groups",
    (host) => host.lose("sys/fs/cgroup/cgroup.controllers"),
    "warning: /sys/fs/cgroup is not one tree of version 2: limits of containers may not hold -> boot with systemd.unified_cgroup_hierarchy=1",
  ],
  [
    "a controller that is missing",
    "control groups",
    (host) => host.write("sys/fs/cgroup/cgroup.controllers", "cpu pids\n"),
    "warning: the controllers memory are missing: such limits of containers do not hold -> enable them in the kernel's configuration, or on its command line (cgroup_enable=memory)",
  ],
];

for (const [name, check, plant, expected] of faults) {
  test(`examineKernel finds ${name}`, () =>
    onHealthyHost(async (host) => {
      await plant(host);
      const findings = await examineKernel(host.world);
      expect(told(findings, check, host)).toBe(expected);
      expect(notOk(findings)).toEqual([check]);
    }));
}

test("examineKernel takes overlayfs as a module", () =>
  onHealthyHost(async (host) => {
    await host.write("proc/filesystems", "nodev\tproc\n");
    await host.write("lib/modules/6.1.0-30-amd64/modules.dep", "kernel/fs/overlayfs/overlay.ko.xz:\n");
    expect(told(await examineKernel(host.world), "overlayfs", host)).toBe("ok: the kernel has it as a module");
  }));
