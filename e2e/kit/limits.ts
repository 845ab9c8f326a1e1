// What limits.* of a config.yaml comes to, told by a shell on the host, whatever host it is: one in namespaces, or a virtual machine.
import { expect } from "bun:test";
import { readFileSync } from "node:fs";

export const limited = {
  "limits.memory": "64MiB",
  "limits.memory.swap": "false",
  "limits.processes": "24",
  "limits.cpu.allowance": "20ms/100ms",
  "limits.kernel.nofile": "300:400",
};

/** Runs in the container where it is told to by a file, and writes what came of it beside. Each job is one that the limits end. */
export const limitedMain = `trap 'exit 0' TERM
echo "version $(cat /etc/version) is up"
while [ ! -e /begin ]; do sleep 0.2; done
( i=0; while [ $i -lt 60 ]; do sleep 60 & i=$((i + 1)); done ) 2>/processes
/bin/busybox dd if=/dev/zero of=/dev/null bs=200M count=1 2>/dev/null; echo $? >/memory
end=$(($(/bin/busybox date +%s) + 2)); while [ $(($(/bin/busybox date +%s))) -lt $end ]; do :; done
echo >/done
while :; do sleep 1000 & wait; done
`;

interface Host {
  /** Throws where the script fails. */
  shell: (script: string) => Promise<string>;
}

/** systemd knows the limits of the unit, and all of the container is below the unit, whichever runtime it is. */
export async function limitsAreTheUnits(host: Host, unit: string): Promise<void> {
  const names = ["MemoryMax", "MemorySwapMax", "TasksMax", "CPUQuotaPerSecUSec", "CPUQuotaPeriodUSec"];
  const said = await host.shell(names.map((name) => `systemctl show --property=${name} ${unit}`).join("\n"));
  expect(said.trim().split("\n")).toEqual([
    `MemoryMax=${64 * 1024 ** 2}`,
    "MemorySwapMax=0",
    "TasksMax=24",
    "CPUQuotaPerSecUSec=200ms",
    "CPUQuotaPeriodUSec=100ms",
  ]);
  const groups = await host.shell(
    `for pid in $(pgrep -f '^/bin/busybox sh /main'); do grep ^0:: /proc/$pid/cgroup; done`,
  );
  expect(groups.trim().split("\n")).toEqual([expect.stringMatching(new RegExp(`/${unit}(?:/|$)`, "u"))]);
  const rlimit = await host.shell(`grep 'Max open files' /proc/$(pgrep -f '^/bin/busybox sh /main')/limits`);
  expect(rlimit).toMatch(/ 300 +400 /u);
}

/** And the kernel keeps them; needs a host whose memory, pids and cpu controllers are those of the one hierarchy. Takes about ten seconds. */
export async function limitsHold(host: Host, unit: string): Promise<void> {
  const main = "$(pgrep -f '^/bin/busybox sh /main' | head -n 1)";
  await host.shell(`touch /proc/${main}/root/begin`);
  await host.shell(
    `main=${main}; for i in $(seq 600); do test -e /proc/$main/root/done && exit 0; sleep 0.1; done; exit 1`,
  );
  // A shell that may not fork says so and ends, so that there are as many as were allowed.
  expect(await host.shell(`cat /proc/${main}/root/processes`)).toMatch(/fork/u);
  expect(await host.shell(`cat /proc/${main}/root/memory`)).toBe("137\n");
  const count = (file: string, key: string) =>
    host.shell(`cat /sys/fs/cgroup/machine.slice/${unit}/${file} | sed -n 's/^${key} //p'`).then(Number);
  expect(await count("pids.events", "max")).toBeGreaterThan(0);
  expect(await count("memory.events", "oom_kill")).toBeGreaterThan(0);
  expect(await count("cpu.stat", "nr_throttled")).toBeGreaterThan(5);
}

/** Why limits cannot hold on a host in namespaces here; undefined where they can. */
export function needsControllers(): string | undefined {
  const taken = readFileSync("/proc/cgroups", "utf8").split("\n");
  const elsewhere = ["memory", "pids", "cpu"].filter((name) => !taken.some((line) => line.startsWith(`${name}\t0\t`)));
  if (elsewhere.length === 0) return undefined;
  return `the controllers ${elsewhere.join(", ")} of this machine are not in the one hierarchy`;
}
