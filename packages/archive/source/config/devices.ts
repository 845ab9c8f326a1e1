// The typed maps of `devices:`, as Incus has them for containers. Values are strings, as there.
import { nearest, optional, picklist, pipe, regex, strictObject, string, variant, literal } from "@host-service/schema";
import type { InferOutput } from "@host-service/schema";

const onOff = pipe(string(), regex(/^(?:true|false)$/u, 'it has to be "true" or "false"'));
const digits = pipe(string(), regex(/^\d{1,10}$/u, "it has to be a whole number in quotes"));
const octal = pipe(string(), regex(/^0?[0-7]{3,4}$/u, 'it has to be an octal mode such as "0660"'));
const insidePath = pipe(
  string(),
  regex(/^\/(?!(?:.*\/)?\.{1,2}(?:\/|$))[^\p{Cc}]+$/u, 'it has to be an absolute path without "..", such as "/data"'),
);
const diskSource = pipe(
  string(),
  regex(
    /^(?:volume:[a-z0-9](?:[a-z0-9._-]{0,62})|\/(?!(?:.*\/)?\.{1,2}(?:\/|$))[^\p{Cc}]*)$/u,
    'it has to be "volume:NAME" or an absolute path of the host',
  ),
);
const address = pipe(string(), regex(/^[0-9a-fA-F:.]{2,45}(?:\/\d{1,3})?$|^none$|^auto$/u, "it has to be an address"));
const routes = pipe(string(), regex(/^[0-9a-fA-F:./, ]{2,512}$/u, "it has to be a list of networks"));
const hardware = pipe(
  string(),
  regex(/^(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}$/u, 'it has to be such as "10:66:6a:00:00:01"'),
);
const interfaceName = pipe(
  string(),
  regex(/^(?!\.{1,2}$)[^\s/:]{1,15}$/u, "it has to be an interface name of at most 15 letters"),
);
const rate = pipe(
  string(),
  regex(/^\d{1,12}(?:[kMGT]i?bit|[kMGTK]i?B|iops|B|bit)?$/u, 'it has to be such as "10Mbit"'),
);

const disk = strictObject({
  type: literal("disk"),
  path: insidePath,
  source: diskSource,
  readonly: optional(onOff),
  /** Ours: a volume that each slot has its own of. */
  per: optional(picklist(["container", "slot"])),
  /** Ours: a copy is kept while a trial runs, and put back when it is rolled back. */
  snapshot: optional(onOff),
  required: optional(onOff),
  recursive: optional(onOff),
  shift: optional(onOff),
  propagation: optional(picklist(["private", "shared", "slave", "unbindable", "rprivate", "rshared", "rslave"])),
  "raw.mount.options": optional(string()),
});
const nic = strictObject({
  type: literal("nic"),
  nictype: picklist(["bridged", "macvlan", "ipvlan", "p2p", "physical", "routed", "host"]),
  name: optional(interfaceName),
  parent: optional(interfaceName),
  host_name: optional(interfaceName),
  hwaddr: optional(hardware),
  mtu: optional(digits),
  mode: optional(string()),
  vlan: optional(digits),
  "ipv4.address": optional(address),
  "ipv4.gateway": optional(address),
  "ipv4.routes": optional(routes),
  "ipv6.address": optional(address),
  "ipv6.gateway": optional(address),
  "ipv6.routes": optional(routes),
  "limits.egress": optional(rate),
  "limits.ingress": optional(rate),
  "limits.max": optional(rate),
  "security.mac_filtering": optional(onOff),
});
const node = {
  source: optional(insidePath),
  path: optional(insidePath),
  major: optional(digits),
  minor: optional(digits),
  mode: optional(octal),
  uid: optional(digits),
  gid: optional(digits),
  required: optional(onOff),
};

const unixChar = strictObject({ type: literal("unix-char"), ...node });
const unixBlock = strictObject({ type: literal("unix-block"), ...node });

export const deviceSchema = variant("type", [disk, nic, unixChar, unixBlock, strictObject({ type: literal("none") })]);
export type Device = InferOutput<typeof deviceSchema>;

/** Every key that a device may have, by its type. */
export const acceptedDeviceKeys: Readonly<Record<string, readonly string[]>> = {
  disk: Object.keys(disk.entries),
  nic: Object.keys(nic.entries),
  "unix-char": Object.keys(unixChar.entries),
  "unix-block": Object.keys(unixBlock.entries),
};

const deviceTypes = ["disk", "nic", "unix-char", "unix-block", "none"];
const nodesInstead = "add its device nodes as unix-char or unix-block devices";
const refusedTypes: Record<string, string> = {
  gpu: nodesInstead,
  infiniband: "use a nic",
  pci: "it belongs to virtual machines",
  proxy:
    'ports are not forwarded; give the container an address with a nic, or the host\'s network with nictype "host"',
  tpm: nodesInstead,
  "unix-hotplug": nodesInstead,
  usb: nodesInstead,
};
const refusedKeys: Record<string, Record<string, string>> = {
  disk: { pool: 'storage pools live on an Incus server; use source "volume:NAME"' },
  nic: { network: 'it names a network of an Incus server; use "nictype" and "parent"' },
};

/** What is wrong with one device beyond what its schema can say, or undefined. Runs first, so that its reasons win. */
export function checkDevice(name: string, device: Record<string, unknown>): string | undefined {
  const at = `the device ${JSON.stringify(name)}`;
  const type = device["type"];
  if (typeof type !== "string") return `${at} has no "type"; known here: ${deviceTypes.join(", ")}`;
  const why = Object.hasOwn(refusedTypes, type) ? refusedTypes[type] : undefined;
  if (why !== undefined) return `${at} is of type "${type}", which is not supported: ${why}`;
  if (!deviceTypes.includes(type)) {
    const meant = type.length > 64 ? undefined : nearest(type, deviceTypes);
    const hint = meant === undefined ? `known here: ${deviceTypes.join(", ")}` : `did you mean "${meant}"?`;
    return `${at} is of unknown type ${JSON.stringify(type.slice(0, 64))}; ${hint}`;
  }
  if (type === "disk" && device["path"] === "/") {
    return `${at} is the root disk, which has no meaning here: the root file system is the slot; remove it`;
  }
  for (const [key, reason] of Object.entries(refusedKeys[type] ?? {})) {
    if (Object.hasOwn(device, key) && device[key] !== "") {
      return `the key "${key}" of ${at} has no meaning here: ${reason}`;
    }
  }
  if (type.startsWith("unix-") && device["source"] === undefined && device["path"] === undefined) {
    return `${at} has neither "source" nor "path"; one of them has to name the device node`;
  }
  return undefined;
}
