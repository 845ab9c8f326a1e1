// Configurations that reach for more than a container has. Each is for a host that grants nothing, unless it names what it was granted.
import type { Grant } from "../../source/index.ts";

export interface Hostile {
  name: string;
  text: string;
  /** What the host has granted; nothing where it is left out. */
  grant?: Partial<Grant>;
}

const config = (...lines: readonly string[]) => `config:\n${lines.map((line) => `  ${line}\n`).join("")}`;
const device = (line: string) => `devices: {it: {${line}}}\n`;
const disk = (source: string, path = "/mnt") =>
  device(`type: disk, source: ${JSON.stringify(source)}, path: ${JSON.stringify(path)}`);
const node = (rest: string) => device(`type: unix-char, ${rest}`);
const nic = (rest: string) => device(`type: nic, ${rest}`);
const lxc = (text: string) => `runtime: lxc\n${text}`;
const nspawn = (text: string) => `runtime: nspawn\n${text}`;

const privileges: readonly Hostile[] = [
  { name: "privileged", text: config('security.privileged: "true"') },
  { name: "privileged, spelled otherwise", text: config('security.privileged: "On"') },
  { name: "nesting under LXC", text: lxc(config('security.nesting: "true"')) },
  { name: "nesting under systemd-nspawn", text: nspawn(config('security.nesting: "true"')) },
  { name: "a capability", text: config("security.capabilities.add: CAP_SYS_ADMIN") },
  { name: "a capability in small letters", text: config("security.capabilities.add: sys_module") },
  {
    name: "a capability beside a granted one",
    text: config("security.capabilities.add: net_admin sys_rawio"),
    grant: { capabilities: ["CAP_NET_ADMIN"] },
  },
  { name: "all capabilities", text: config("security.capabilities.add: all") },
  {
    name: "a capability that is a line",
    text: config('security.capabilities.add: "CAP_CHOWN\\nBind=/"'),
    grant: { capabilities: ["CAP_CHOWN"] },
  },
  { name: "ids of the host", text: config('raw.idmap: "both 0 0"') },
  { name: "a range at the host's ids", text: config('security.idmap.base: "0"') },
  { name: "ids shared with others", text: config('security.idmap.isolated: "false"') },
  { name: "all ids", text: config('security.idmap.size: "4294967295"') },
  { name: "system calls that are denied", text: config('security.syscalls.allow: "kexec_load"') },
  { name: "no denied system calls", text: config('security.syscalls.deny_default: "false"') },
  { name: "a filter that is turned over", text: nspawn(config('security.syscalls.deny: "~kexec_load"')) },
  { name: "another seccomp profile", text: config('raw.seccomp: "2\\nallowlist\\n[all]"') },
  { name: "another AppArmor profile", text: config('raw.apparmor: "mount,"') },
  { name: "mounts made by the host", text: config('security.syscalls.intercept.mount: "true"') },
  { name: "devices made by the host", text: config('security.syscalls.intercept.mknod: "true"') },
  { name: "real time", text: config('limits.kernel.rtprio: "99"') },
  { name: "priority over the host", text: config('limits.kernel.nice: "40"') },
  { name: "killed last of all", text: config('limits.memory.oom_priority: "-1000"') },
];

const paths: readonly Hostile[] = [
  { name: "the host's root", text: disk("/") },
  { name: "the host's root, granted with everything", text: disk("/"), grant: { diskSources: ["/"] } },
  { name: "the host's passwords", text: disk("/etc/shadow", "/mnt/shadow") },
  { name: "the host's processes", text: disk("/proc") },
  { name: "the host's devices", text: disk("/dev") },
  { name: "the host's system manager", text: disk("/run/systemd/private") },
  { name: "the container engine beside", text: disk("/var/run/docker.sock") },
  { name: "the state of the host service", text: disk("/var/lib/host-service") },
  {
    name: "the state of the host service, granted from above",
    text: disk("/var/lib/host-service/containers/other"),
    grant: { diskSources: ["/var/lib"] },
  },
  { name: "what the state of the host service lies in", text: disk("/var/lib"), grant: { diskSources: ["/var/lib"] } },
  { name: "the socket of the host", text: disk("/run/host-service", "/mnt/socket") },
  {
    name: "the sockets of another container",
    text: disk("/run/host-service.d/other"),
    grant: { diskSources: ["/run"] },
  },
  { name: "the configuration of the host service", text: disk("/etc/host-service"), grant: { diskSources: ["/etc"] } },
  {
    name: "a neighbour whose name begins alike",
    text: disk("/srv/data-of-others"),
    grant: { diskSources: ["/srv/data"] },
  },
  { name: "a way back up", text: disk("/srv/data/../../etc"), grant: { diskSources: ["/srv/data"] } },
  { name: "a way back up at the end", text: disk("/srv/data/.."), grant: { diskSources: ["/srv/data"] } },
  { name: "a path that begins nowhere", text: disk("etc") },
  { name: "a path with a line in it", text: disk("/srv/x\nBind=/"), grant: { diskSources: ["/srv"] } },
  { name: "a volume that leads out", text: disk("volume:../../x") },
  { name: "a volume with a slash", text: disk("volume:a/b") },
  {
    name: "written as root of the host",
    text: device('type: disk, source: /srv, path: /mnt, shift: "true"'),
    grant: { diskSources: ["/srv"] },
  },
  { name: "mounts that come back", text: device('type: disk, source: "volume:x", path: /mnt, propagation: rshared') },
  {
    name: "raw mount options",
    text: device('type: disk, source: "volume:x", path: /mnt, raw.mount.options: "suid,dev"'),
  },
];

const targets: readonly Hostile[] = [
  { name: "over the root", text: disk("volume:x", "//") },
  { name: "over the sockets", text: disk("volume:x", "/host") },
  { name: "below the sockets", text: disk("volume:x", "/host/lib") },
  { name: "over hostctl, spelled otherwise", text: disk("volume:x", "//host//hostctl") },
  { name: "over /proc", text: disk("volume:x", "/proc/sys") },
  { name: "over /sys", text: disk("volume:x", "/sys/fs/cgroup") },
  { name: "over the guest API", text: disk("volume:x", "/dev/incus") },
  { name: "over the runtime's own", text: disk("volume:x", "/run/host/notify") },
  { name: "out of the root", text: disk("volume:x", "/../../etc") },
  { name: "a target with a line in it", text: disk("volume:x", "/mnt\nBind=/:/mnt") },
  {
    name: "one target twice",
    text: 'devices: {a: {type: disk, source: "volume:a", path: /x}, b: {type: disk, source: "volume:b", path: /x/}}\n',
  },
];

const nodes: readonly Hostile[] = [
  { name: "a serial port", text: node("source: /dev/ttyS0") },
  { name: "the host's memory", text: node("source: /dev/mem"), grant: { devices: ["/dev/*"] } },
  {
    name: "the host's memory under another name",
    text: node("source: /dev/mem, path: /dev/null2"),
    grant: { devices: ["/dev/mem"] },
  },
  {
    name: "the host's memory by its numbers",
    text: node('path: /dev/ttyS0, major: "1", minor: "1"'),
    grant: { devices: ["/dev/ttyS0"] },
  },
  {
    name: "a disk behind a glob of one level",
    text: device("type: unix-block, source: /dev/disk/by-id/root"),
    grant: { devices: ["/dev/*"] },
  },
  {
    name: "a glob that is no pattern of ours",
    text: node("source: /dev/sda"),
    grant: { devices: ["/dev/sd?", "/dev/sd[a-z]", "/dev/.*"] },
  },
  { name: "a node outside of /dev", text: node("source: /srv/node"), grant: { devices: ["/srv/*"] } },
  { name: "a node that leads out of /dev", text: node("source: /dev/../etc/shadow"), grant: { devices: ["/dev/*"] } },
  {
    name: "a node over the guest API",
    text: node("source: /dev/ttyS0, path: /dev/incus/sock"),
    grant: { devices: ["/dev/ttyS0"] },
  },
  {
    name: "a node with a rule in it",
    text: node('source: "/dev/ttyS0 rwm\\nDeviceAllow=/dev/sda"'),
    grant: { devices: ["/dev/*"] },
  },
  { name: "a node with a specifier in it", text: node('source: "/dev/tty%i"'), grant: { devices: ["/dev/*"] } },
  { name: "a node with setuid", text: node('source: /dev/ttyS0, mode: "4777"'), grant: { devices: ["/dev/ttyS0"] } },
  {
    name: "a node of an id of the host",
    text: node('source: /dev/ttyS0, uid: "4294967295"'),
    grant: { devices: ["/dev/ttyS0"] },
  },
  { name: "a device whose name is a path", text: 'devices: {"../x": {type: unix-char, source: /dev/ttyS0}}\n' },
  { name: "a device whose name is a line", text: 'devices: {"x\\ny": {type: unix-char, source: /dev/ttyS0}}\n' },
];

const networks: readonly Hostile[] = [
  { name: "the host's network", text: nic("nictype: host") },
  { name: "a bridge", text: nic("nictype: bridged, parent: br0") },
  {
    name: "another bridge than the granted",
    text: nic("nictype: bridged, parent: br1"),
    grant: { nics: ["bridged:br0"] },
  },
  {
    name: "the host's interface itself",
    text: nic("nictype: physical, parent: eth0"),
    grant: { nics: ["macvlan:eth0"] },
  },
  {
    name: "the host's interface by passthru",
    text: nic("nictype: macvlan, parent: eth0, mode: passthru"),
    grant: { nics: ["macvlan:eth0"] },
  },
  { name: "an interface on the host", text: nic("nictype: p2p, host_name: eth0") },
  {
    name: "a parent that is a line",
    text: nic('nictype: bridged, parent: "br0\\nx"'),
    grant: { nics: ["bridged:br0"] },
  },
  { name: "a parent with quotes", text: nic('nictype: bridged, parent: "br0\\""'), grant: { nics: ["bridged:br0"] } },
  {
    name: "a parent that is two words",
    text: nic('nictype: macvlan, parent: "eth0\\u00a0x"'),
    grant: { nics: ["macvlan:eth0"] },
  },
  {
    name: "a name with a specifier",
    text: nic('nictype: bridged, parent: br0, name: "%i"'),
    grant: { nics: ["bridged:br0"] },
  },
  {
    name: "a script instead of an address",
    text: lxc(nic('nictype: bridged, parent: br0, ipv4.address: "auto"')),
    grant: { nics: ["bridged:br0"] },
  },
  {
    name: "an address that is none",
    text: lxc(nic("nictype: bridged, parent: br0, ipv4.address: 1.2.3.4.5/24")),
    grant: { nics: ["bridged:br0"] },
  },
  {
    name: "a group's hardware address",
    text: lxc(nic('nictype: bridged, parent: br0, hwaddr: "ff:ff:ff:ff:ff:ff"')),
    grant: { nics: ["bridged:br0"] },
  },
];

const values: readonly Hostile[] = [
  { name: "raw LXC", text: lxc(config('raw.lxc: "lxc.hook.pre-start = /bin/sh"')) },
  {
    name: "raw LXC under systemd-nspawn",
    text: nspawn(config('raw.lxc: "lxc.hook.start = /bin/sh"')),
    grant: { rawOptions: true },
  },
  {
    name: "raw LXC that is no line of LXC",
    text: lxc(config('raw.lxc: "lxc.tty.max = 1\\n[Service]"')),
    grant: { rawOptions: true },
  },
  { name: "a variable with a line in it", text: config('environment.A: "x\\nlxc.hook.pre-start = /bin/sh"') },
  { name: "a variable with a carriage return", text: config('environment.A: "x\\rBind=/"') },
  { name: "a variable with an escape", text: config('environment.A: "\\e[2J"') },
  { name: "a variable whose name is a line", text: config('"environment.A\\nB": x') },
  { name: "a variable of the runtime", text: config("environment.NOTIFY_SOCKET: /run/systemd/notify") },
  { name: "a variable of 200 KiB", text: config(`environment.A: ${"x".repeat(200 * 1024)}`) },
  { name: "a setting of the whole host", text: lxc(config('linux.sysctl.kernel.core_pattern: "|/bin/sh"')) },
  { name: "a setting of the host's memory", text: lxc(config('linux.sysctl.vm.overcommit_memory: "1"')) },
  { name: "a setting by a path", text: lxc(config('"linux.sysctl.net/../kernel/core_pattern": "x"')) },
  { name: "a setting by dots", text: lxc(config('"linux.sysctl.net...kernel.core_pattern": "x"')) },
  {
    name: "a setting of the host's network",
    text: lxc(
      `${config('linux.sysctl.net.ipv4.ip_forward: "1"', 'security.privileged: "true"')}${nic("nictype: host")}`,
    ),
    grant: { nics: ["host"], privileged: true },
  },
  {
    name: "a setting with a line in it",
    text: lxc(config('linux.sysctl.net.ipv4.ip_forward: "1\\nlxc.hook.start = x"')),
  },
  { name: "a limit with a line in it", text: config('limits.kernel.nofile: "1024\\nx"') },
  { name: "a limit of nothing known", text: config('limits.kernel.nonsense: "1"') },
  { name: "processors with a line in it", text: config('limits.cpu: "0-1\\nDeviceAllow=/dev/sda"') },
  { name: "an allowance with a unit of ours", text: config('limits.cpu.allowance: "10ms/100ms\\nx"') },
  { name: "a share of the memory that is none", text: config('limits.memory: "200%"') },
  { name: "swap with a line in it", text: config('limits.memory.swap: "1\\nx"') },
  { name: "less than no processes", text: config('limits.processes: "-1"') },
  { name: "a command with a line in it", text: config('oci.entrypoint: "/bin/sh -c \\"a\\nb\\""') },
  { name: "a command that is an option", text: config('oci.entrypoint: "--bind=/ /bin/sh"') },
  { name: "a command that is open", text: config('oci.entrypoint: "/bin/sh \'x"') },
  { name: "a directory that leads out", text: config('oci.entrypoint: "/bin/sh"', 'oci.cwd: "/../.."') },
  { name: "a user of the host", text: config('oci.entrypoint: "/bin/sh"', 'oci.uid: "4294967295"') },
  { name: "a key that nobody keeps", text: config('limits.hugepages.2MB: "1GiB"') },
  { name: "a key of a virtual machine", text: config('raw.qemu: "-drive file=/dev/sda"') },
  { name: "a name that is a path", text: 'name: "../x"\n' },
];

export const hostile: readonly Hostile[] = [...privileges, ...paths, ...targets, ...nodes, ...networks, ...values];
