// config.yaml files that become both runtimes' configurations: one for each thing that can be asked for.
import type { MetaHints } from "../../source/index.ts";

export interface Example {
  name: string;
  text: string;
  meta?: MetaHints;
}

export const examples: readonly Example[] = [
  { name: "nothing but a name", text: "name: edge\n" },
  {
    name: "limits",
    text: `config:
  limits.memory: 512MiB
  limits.memory.swap: "false"
  limits.cpu: "2"
  limits.cpu.allowance: 25ms/100ms
  limits.disk.priority: "7"
  limits.processes: "500"
  limits.kernel.nofile: "1024:65536"
  limits.kernel.core: unlimited
  limits.kernel.rtprio: "10"
`,
  },
  {
    name: "softer limits",
    text: `config:
  limits.memory: 50%
  limits.memory.enforce: soft
  limits.memory.swap: 64MiB
  limits.cpu: 0-1,3
  limits.cpu.allowance: 40%
`,
  },
  {
    name: "environment, with everything that is hard to write down",
    text: `config:
  environment.PLAIN: value
  environment.BLANKS: "  two  blanks  "
  environment.QUOTES: "it's \\"quoted\\""
  environment.ENDS: 'ends with \\'
  environment.PERCENT: "%n %%"
  environment.HASH: "# no comment"
  environment.TAB: "a\\tb"
  environment.EMPTYISH: " "
  environment.GREEK: "αβγ"
`,
    meta: { environment: { PLAIN: "the image's own", OTHER: "of the metadata" } },
  },
  {
    name: "disks, devices and a read-only root",
    text: `rootfs: read-only
devices:
  data: {type: disk, source: "volume:data", path: /data, snapshot: "true"}
  cache: {type: disk, source: "volume:cache", path: /var/cache/app, per: slot}
  shared: {type: disk, source: "/srv/with blank:and colon", path: "/mnt/odd \\\\path", readonly: "true", recursive: "true"}
  settings: {type: disk, source: /srv/app.conf, path: /data/app.conf, required: "false"}
  serial: {type: unix-char, source: /dev/ttyS0, mode: "0600", uid: "5", gid: "20"}
  stick: {type: unix-block, source: /dev/sda, path: /dev/stick, required: "false"}
`,
  },
  {
    name: "a nic on a bridge",
    text: `devices:
  eth0: {type: nic, nictype: bridged, parent: br0}
`,
  },
  {
    name: "a nic on a bridge with everything stated",
    text: `config:
  linux.sysctl.net.ipv4.ip_forward: "1"
devices:
  eth0:
    type: nic
    nictype: bridged
    parent: br0
    name: eth0
    host_name: edge0
    hwaddr: "10:66:6a:00:00:01"
    mtu: "1400"
    ipv4.address: 192.0.2.5/24
    ipv4.gateway: 192.0.2.1
    ipv4.routes: 198.51.100.0/24, 203.0.113.0/24
    ipv6.address: 2001:db8::5/64
`,
  },
  {
    name: "several nics",
    text: `devices:
  lan: {type: nic, nictype: macvlan, parent: eth0}
  other: {type: nic, nictype: ipvlan, parent: eth2}
  own: {type: nic, nictype: physical, parent: eth1}
  pair: {type: nic, nictype: p2p, host_name: edge-pair, name: pair}
  pair2: {type: nic, nictype: p2p}
`,
  },
  { name: "the host's network", text: `devices: {net: {type: nic, nictype: host}}\n` },
  {
    name: "privileged, with capabilities",
    text: `config:
  security.privileged: "true"
  security.capabilities.add: sys_time, CAP_NET_ADMIN
  security.capabilities.drop: cap_mknod
  limits.memory.oom_priority: "500"
devices: {net: {type: nic, nictype: host}}
`,
  },
  {
    name: "one command",
    text: `config:
  oci.entrypoint: '/usr/bin/app --name "two words" -x'
  oci.cwd: /srv
`,
  },
  {
    name: "one command of another user",
    text: `config:
  oci.entrypoint: /usr/bin/app
  oci.uid: "1000"
  oci.gid: "1000"
`,
  },
  {
    name: "a life that differs",
    text: `config:
  boot.autostart: "false"
  boot.autostart.priority: "10"
  boot.autostart.delay: "5"
  boot.autorestart: "false"
  boot.host_shutdown_timeout: "45"
  security.guestapi: "false"
  security.syscalls.deny: "swapon @clock"
`,
    meta: { haltSignal: "SIGPWR", rebootSignal: "SIGINT", stopSignal: "SIGKILL" },
  },
  {
    name: "what an LXC image's metadata says",
    text: "name: edge\n",
    meta: { haltSignal: "SIGRTMIN+3", rebootSignal: "SIGINT", stopSignal: "SIGKILL", ttyMax: 4, ptyMax: 256 },
  },
  {
    name: "one volume, divided",
    text: `devices:
  a: {type: disk, source: "volume:data", path: /a}
  b: {type: disk, source: "volume:data", path: /b, snapshot: "true"}
`,
  },
  {
    name: "an init of another name",
    text: "name: edge\n",
    meta: { initCommand: ["/usr/bin/tini", "--", "/app"], haltSignal: "SIGTERM" },
  },
  { name: "the usual init, named", text: "name: edge\n", meta: { initCommand: ["/sbin/init"] } },
  {
    name: "file systems of an image's fstab",
    text: `devices:\n  data: {type: disk, source: "volume:data", path: /var/lib/data}\n`,
    meta: {
      mounts: [
        { type: "proc", target: "/proc", options: ["nodev"] },
        {
          type: "tmpfs",
          target: "/var/cache/web",
          options: ["nosuid", "size=4m", "mode=1777", "gid=5", "ptmxmode=666"],
        },
        { type: "tmpfs", target: "/var/lib/data/cache", options: [] },
        { type: "tmpfs", target: "/run/lock", options: [] },
        { type: "tmpfs", target: "/srv/a b:c", options: [] },
      ],
    },
  },
  { name: "nesting", text: `config:\n  security.nesting: "true"\n` },
  { name: "raw lines", text: `config:\n  raw.lxc: |\n    # a comment\n    lxc.group = edge\n` },
];
