// `linux.sysctl.*`: of the kernel's settings those that each container has its own of, and no others.
import type { Network } from "../model/plan.ts";
import { badValue, notSupported } from "./refusal.ts";
import type { Wish } from "./refusal.ts";

const prefix = "linux.sysctl.";

/** Of the container's own IPC namespace (ipc_namespaces(7)). */
const ownKeys = new Set([
  "kernel.auto_msgmni",
  "kernel.msg_next_id",
  "kernel.msgmax",
  "kernel.msgmnb",
  "kernel.msgmni",
  "kernel.sem",
  "kernel.sem_next_id",
  "kernel.shm_next_id",
  "kernel.shm_rmid_forced",
  "kernel.shmall",
  "kernel.shmmax",
  "kernel.shmmni",
]);

export function readSysctl(
  config: Readonly<Record<string, string>>,
  network: Network,
  wish: Wish,
): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  for (const [key, value] of Object.entries(config)) {
    if (!key.startsWith(prefix)) continue;
    const name = key.slice(prefix.length);
    if (!/^[a-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+$/u.test(name)) {
      throw badValue(wish, key, { expected: 'a name such as "net.ipv4.ip_forward"' });
    }
    const isNetworks = name.startsWith("net.");
    if (isNetworks && network.kind === "host") {
      const why = "would change the host's own network";
      throw notSupported(wish, key, { why, next: "set it on the host in /etc/sysctl.d" });
    }
    if (!isNetworks && !ownKeys.has(name) && !name.startsWith("fs.mqueue.")) {
      const why = "is one setting of the whole host";
      throw notSupported(wish, key, { why, next: "set it on the host in /etc/sysctl.d" });
    }
    if (wish.runtime === "nspawn") {
      throw notSupported(wish, key, { next: "use runtime: lxc, or write it into /etc/sysctl.d of the image" });
    }
    if (!/^[A-Za-z0-9_.:,/-](?:[A-Za-z0-9_.:,/ \t-]{0,254}[A-Za-z0-9_.:,/-])?$/u.test(value)) {
      throw badValue(wish, key, { shown: value, expected: "words of letters, digits and _.:,/-" });
    }
    settings.set(name, value);
  }
  return settings;
}
