// The keys of `config:`. A name that ends in ".*" stands for every key that begins so. The list follows the instance options of
// Incus 6 and of LXD 5 for containers; what a runtime makes of a key is the runtime's matter.
import { nearest } from "@host-service/schema";

type ValueKind = "text" | "switch" | "count" | "size";

const accepted: Record<string, ValueKind> = {
  "user.*": "text",
  "environment.*": "text",
  "image.*": "text",
  "volatile.*": "text",
  "linux.sysctl.*": "text",
  "limits.kernel.*": "text",
  "limits.hugepages.*": "size",
  "cloud-init.ssh-keys.*": "text",
  "cloud-init.network-config": "text",
  "cloud-init.user-data": "text",
  "cloud-init.vendor-data": "text",
  "boot.autorestart": "switch",
  "boot.autostart": "switch",
  "boot.autostart.delay": "count",
  "boot.autostart.priority": "count",
  "boot.host_shutdown_action": "text",
  "boot.host_shutdown_timeout": "count",
  "boot.stop.priority": "count",
  "limits.cpu": "text",
  "limits.cpu.allowance": "text",
  "limits.cpu.nodes": "text",
  "limits.cpu.priority": "count",
  "limits.disk.priority": "count",
  "limits.memory": "size",
  "limits.memory.enforce": "text",
  "limits.memory.oom_priority": "text",
  "limits.memory.swap": "text",
  "limits.memory.swap.priority": "count",
  "limits.processes": "count",
  "oci.cwd": "text",
  "oci.entrypoint": "text",
  "oci.gid": "count",
  "oci.uid": "count",
  "raw.apparmor": "text",
  "raw.idmap": "text",
  "raw.lxc": "text",
  "raw.seccomp": "text",
  // Ours: Incus has these in raw.lxc only.
  "security.capabilities.add": "text",
  "security.capabilities.drop": "text",
  "security.devlxd": "switch",
  "security.devlxd.images": "switch",
  "security.guestapi": "switch",
  "security.guestapi.images": "switch",
  "security.idmap.base": "count",
  "security.idmap.isolated": "switch",
  "security.idmap.size": "count",
  "security.nesting": "switch",
  "security.privileged": "switch",
  "security.protection.delete": "switch",
  "security.syscalls.allow": "text",
  "security.syscalls.deny": "text",
  "security.syscalls.deny_compat": "switch",
  "security.syscalls.deny_default": "switch",
  "security.syscalls.intercept.*": "text",
};

/** Every key that a config.yaml may have; a name that ends in ".*" stands for all that begin so. */
export const acceptedConfigKeys: readonly string[] = Object.keys(accepted);

const virtualMachine = "it belongs to virtual machines";
const refused: Record<string, string> = {
  "agent.*": virtualMachine,
  "cluster.*": "there is no cluster",
  "limits.memory.hugepages": virtualMachine,
  "linux.kernel_modules": "modules are the host's; load them in its /etc/modules-load.d",
  "linux.kernel_modules.load": "modules are the host's; load them in its /etc/modules-load.d",
  "migration.*": "containers do not migrate",
  "nvidia.*": "graphics cards are not passed through as a whole; add their device nodes as unix-char devices",
  "raw.qemu": virtualMachine,
  "raw.qemu.*": virtualMachine,
  "security.agent.metrics": virtualMachine,
  "security.bpffs.*": "the BPF file system is not delegated",
  "security.csm": virtualMachine,
  "security.iommu": virtualMachine,
  "security.protection.shift": "owners are always shifted while unpacking",
  "security.protection.start": "use boot.autostart",
  "security.secureboot": virtualMachine,
  "security.sev": virtualMachine,
  "security.sev.*": virtualMachine,
  "smbios11.*": virtualMachine,
  "snapshots.*": "snapshots are not supported; the previous slot is the way back",
};

const patterns: Record<ValueKind, { pattern: RegExp; expected: string }> = {
  text: { pattern: /^/u, expected: "text" },
  switch: { pattern: /^(?:true|false|1|0|yes|no|on|off)?$/iu, expected: '"true" or "false"' },
  count: { pattern: /^(?:-?\d{1,18})?$/u, expected: "a whole number in quotes" },
  size: { pattern: /^(?:\d{1,18}(?:[.]\d+)?(?:B|[kMGTPE]B|[KMGTPE]iB|%)?)?$/u, expected: 'a size such as "512MiB"' },
};

/** Of these keys no value is ever shown. */
export function isSecretKey(key: string): boolean {
  return /^(?:cloud-init|environment|user)\./u.test(key);
}

/** What is wrong with one entry of `config:`, or undefined. */
export function checkConfigEntry(key: string, value: string): string | undefined {
  const why = lookUp(refused, key);
  if (why !== undefined) {
    return value === "" ? undefined : `the key ${JSON.stringify(key)} in "config" has no meaning here: ${why}`;
  }
  const kind = lookUp(accepted, key);
  if (kind === undefined) return describeUnknown(key);
  if (key.startsWith("environment.") && !/^[A-Za-z_][A-Za-z0-9_]*$/u.test(key.slice("environment.".length))) {
    return 'a name under "environment." may hold only letters, digits and _, and does not begin with a digit';
  }
  if (value.includes("\u0000")) return `the value of ${JSON.stringify(key)} has a zero byte`;
  const { pattern, expected } = patterns[kind];
  return pattern.test(value) ? undefined : `the value of ${JSON.stringify(key)} in "config" has to be ${expected}`;
}

function describeUnknown(key: string): string {
  const family = key.slice(0, key.indexOf(".") + 1);
  const words = Object.keys(accepted).filter((word) => !word.endsWith(".*"));
  const families = [...new Set(Object.keys(accepted).map((word) => word.slice(0, word.indexOf(".") + 1)))];
  const shown = JSON.stringify(key.length > 64 ? `${key.slice(0, 64)}…` : key);
  const similar = key.length > 64 ? undefined : (nearest(key, words) ?? nearestFamily(key, family, families));
  const hint =
    similar === undefined
      ? `; known families: ${families.map((name) => `${name}*`).join(", ")}`
      : `; did you mean "${similar}"?`;
  return `unknown key ${shown} in "config"${hint}`;
}

function nearestFamily(key: string, family: string, families: readonly string[]): string | undefined {
  const meant = nearest(family, families);
  return meant === undefined || meant === family ? undefined : `${meant}${key.slice(family.length)}`;
}

/** The exact name wins, then the longest family. */
function lookUp<Value>(table: Record<string, Value>, key: string): Value | undefined {
  if (Object.hasOwn(table, key) && !key.endsWith(".*")) return table[key];
  for (let end = key.lastIndexOf("."); end > 0; end = key.lastIndexOf(".", end - 1)) {
    const family = `${key.slice(0, end)}.*`;
    if (Object.hasOwn(table, family) && end + 1 < key.length) return table[family];
  }
  return undefined;
}
