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

/**
 * Runs in the container where it is told to by a file, and writes what came of it beside. Each job is one that the limits end. A shell that
 * cannot fork ends, so that the first one has a second one for it, and that one waits with what it has built in until there is room again.
 */
export const limitedMain = `trap 'exit 0' TERM
echo "version $(cat /etc/version) is up"
while [ ! -e /begin ]; do sleep 0.2; done
/bin/busybox dd if=/dev/zero of=/dev/null bs=200M count=1 2>/dev/null; echo $? >/memory
/bin/busybox mkfifo /never
( i=0; while [ $i -lt 60 ]; do sleep 5 & i=$((i + 1)); done ) 2>/processes
read -t 15 nothing <>/never
i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done
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

/** And the kernel keeps them; needs a host whose memory, pids and cpu controllers are those of the one hierarchy. Takes about half a minute. */
export async function limitsHold(host: Host, unit: string): Promise<void> {
  const main = "$(pgrep -f '^/bin/busybox sh /main' | head -n 1)";
  const root = `/proc/${main}/root`;
  await host.shell(`touch ${root}/begin`);
  await host.shell(
    `main=${main}; for i in $(seq 600); do test -e /proc/$main/root/done && exit 0; sleep 0.1; done; exit 1`,
  );
  // A shell that may not fork says so and ends, so that there are as many as were allowed.
  expect(await host.shell(`cat ${root}/processes`)).toMatch(/fork/u);
  expect(await host.shell(`cat ${root}/memory`)).toBe("137\n");
  // A fork that was denied is counted in the group where it was tried, which is below the unit's.
  const count = async (file: string, key: string) => {
    const lines = await host.shell(
      `find /sys/fs/cgroup/machine.slice/${unit} -name ${file} -exec sed -n 's/^${key} //p' {} +`,
    );
    return Math.max(...lines.trim().split("\n").map(Number));
  };
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
