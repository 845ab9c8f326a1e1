// `security.capabilities.add` and `.drop`, ours: what Incus has in raw.lxc only.
import { badValue, notGranted, tomlList } from "./refusal.ts";
import type { Wish } from "./refusal.ts";

/** capabilities(7) of Linux 5.10 and later. */
export const capabilityNames: readonly string[] = [
  "CAP_AUDIT_CONTROL",
  "CAP_AUDIT_READ",
  "CAP_AUDIT_WRITE",
  "CAP_BLOCK_SUSPEND",
  "CAP_BPF",
  "CAP_CHECKPOINT_RESTORE",
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_DAC_READ_SEARCH",
  "CAP_FOWNER",
  "CAP_FSETID",
  "CAP_IPC_LOCK",
  "CAP_IPC_OWNER",
  "CAP_KILL",
  "CAP_LEASE",
  "CAP_LINUX_IMMUTABLE",
  "CAP_MAC_ADMIN",
  "CAP_MAC_OVERRIDE",
  "CAP_MKNOD",
  "CAP_NET_ADMIN",
  "CAP_NET_BIND_SERVICE",
  "CAP_NET_BROADCAST",
  "CAP_NET_RAW",
  "CAP_PERFMON",
  "CAP_SETFCAP",
  "CAP_SETGID",
  "CAP_SETPCAP",
  "CAP_SETUID",
  "CAP_SYS_ADMIN",
  "CAP_SYS_BOOT",
  "CAP_SYS_CHROOT",
  "CAP_SYSLOG",
  "CAP_SYS_MODULE",
  "CAP_SYS_NICE",
  "CAP_SYS_PACCT",
  "CAP_SYS_PTRACE",
  "CAP_SYS_RAWIO",
  "CAP_SYS_RESOURCE",
  "CAP_SYS_TIME",
  "CAP_SYS_TTY_CONFIG",
  "CAP_WAKE_ALARM",
];

export function readCapabilities(config: Readonly<Record<string, string>>, wish: Wish) {
  const { grant } = wish;
  const add = readNames("security.capabilities.add", config, wish);
  const drop = readNames("security.capabilities.drop", config, wish);
  for (const name of add) {
    if (grant.capabilities.includes(name)) continue;
    const line = tomlList("capabilities", grant.capabilities, name);
    throw notGranted(wish, "security.capabilities.add", { asked: name, line });
  }
  const both = add.find((name) => drop.includes(name));
  if (both === undefined) return { add, drop };
  const expected = 'without what "security.capabilities.add" has as well';
  throw badValue(wish, "security.capabilities.drop", { shown: both, expected });
}

function readNames(key: string, config: Readonly<Record<string, string>>, wish: Wish): readonly string[] {
  const words = (config[key] ?? "").split(/[\s,]+/u).filter((word) => word !== "");
  const names = words.map((word) => (/^cap_/iu.test(word) ? word : `CAP_${word}`).toUpperCase());
  const unknown = names.findIndex((name) => !capabilityNames.includes(name));
  if (unknown === -1) return [...new Set(names)].toSorted();
  const expected = 'names of capabilities(7), such as "CAP_NET_ADMIN CAP_SYS_TIME"';
  throw badValue(wish, key, { shown: words[unknown] ?? "", expected });
}
