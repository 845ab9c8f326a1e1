// The container "edge" in the machine: its only program is busybox.
import type { VirtualMachine } from "./machine.ts";
import type { Version } from "./story.ts";

const leader = "$(pgrep -f '^/bin/busybox sh /main' | head -n 1)";

/** `/host/hostctl` in the container, as its root. */
export function inside(words: string): string {
  return `nsenter --all --root --wd --target=${leader} /host/hostctl --socket-path /host/host-service ${words}`;
}

/** Copies an image into the container, and installs it with the container's own hostctl. */
export function installInside(version: Version): string {
  const put = `root=/proc/${leader}/root; cp /srv/${version}.yaml $root/config.yaml; cp /srv/${version}.tar.zst $root/rootfs.tar.zst`;
  return `${put}; ${inside("container install /config.yaml /rootfs.tar.zst")}`;
}

/** Waits until the container runs and reaches the daemon; answers with its version. */
export async function runningVersion(machine: VirtualMachine): Promise<string> {
  await machine.until("the container runs", "systemctl is-active host-service-container@edge.service");
  await machine.until("the container reaches the daemon", inside("ping"));
  return (await machine.shell(`cat /proc/${leader}/root/etc/version`)).trim();
}

export async function state(machine: VirtualMachine): Promise<string> {
  return (await machine.shell("hostctl container status | head -n 1")).trim();
}

/** What is wrong with the record and what belongs to it; empty where all is as it has to be. */
export async function damage(machine: VirtualMachine): Promise<string> {
  return await machine.shell(`cd /var/lib/host-service/containers/edge
    ls | grep unreadable || true
    test -e committed/slot.json || echo "committed leads to no image"
    ls -A ../../inbox
    journalctl --quiet --boot --unit=host-service-boot.service | grep -i "cannot" || true`);
}
