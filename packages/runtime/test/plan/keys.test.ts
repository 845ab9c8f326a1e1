// Nothing is ignored: whatever archive accepts is realised, is refused, or is on the list of what only the guest API reads.
import { expect, test } from "bun:test";
import { acceptedConfigKeys, acceptedDeviceKeys } from "@host-service/archive";
import { RuntimeError } from "../../source/index.ts";
import { fateOf } from "../../source/plan/keys.ts";
import { everything, planFrom } from "../kit/plans.ts";
import { expectGolden } from "../kit/golden.ts";

const runtimes = ["nspawn", "lxc"] as const;
type Runtime = (typeof runtimes)[number];

/** One value of each key that differs from what it is without; of a family one key stands for all. */
const samples: Readonly<Record<string, string>> = {
  "environment.*": "environment.A=b",
  "linux.sysctl.*": "linux.sysctl.net.ipv4.ip_forward=1",
  "limits.kernel.*": "limits.kernel.nofile=100",
  "limits.hugepages.*": "limits.hugepages.2MB=1GiB",
  "security.syscalls.intercept.*": "security.syscalls.intercept.mount=true",
  "user.*": "user.a=b",
  "image.*": "image.a=b",
  "volatile.*": "volatile.a=b",
  "cloud-init.ssh-keys.*": "cloud-init.ssh-keys.a=b",
  "cloud-init.network-config": "a",
  "cloud-init.user-data": "a",
  "cloud-init.vendor-data": "a",
  "boot.autorestart": "false",
  "boot.autostart": "false",
  "boot.autostart.delay": "5",
  "boot.autostart.priority": "5",
  "boot.host_shutdown_action": "force-stop",
  "boot.host_shutdown_timeout": "5",
  "boot.stop.priority": "5",
  "limits.cpu": "2",
  "limits.cpu.allowance": "50%",
  "limits.cpu.nodes": "0",
  "limits.cpu.priority": "5",
  "limits.disk.priority": "5",
  "limits.memory": "50%",
  "limits.memory.enforce": "soft",
  "limits.memory.oom_priority": "5",
  "limits.memory.swap": "false",
  "limits.memory.swap.priority": "5",
  "limits.processes": "5",
  "oci.cwd": "/srv",
  "oci.entrypoint": "/bin/sh",
  "oci.gid": "5",
  "oci.uid": "5",
  "raw.apparmor": "x",
  "raw.idmap": "x",
  "raw.lxc": "lxc.tty.max = 1",
  "raw.seccomp": "x",
  "security.capabilities.add": "sys_time",
  "security.capabilities.drop": "mknod",
  "security.devlxd": "false",
  "security.devlxd.images": "true",
  "security.guestapi": "false",
  "security.guestapi.images": "true",
  "security.idmap.base": "1",
  "security.idmap.isolated": "false",
  "security.idmap.size": "1",
  "security.nesting": "true",
  "security.privileged": "true",
  "security.protection.delete": "true",
  "security.syscalls.allow": "x",
  "security.syscalls.deny": "swapon",
  "security.syscalls.deny_compat": "true",
  "security.syscalls.deny_default": "false",
};

/** What has to be there beside a key for it to mean something. */
const beside: Readonly<Record<string, Record<string, string>>> = {
  "limits.memory.enforce": { "limits.memory": "1GiB" },
  "oci.cwd": { "oci.entrypoint": "/bin/sh" },
  "oci.gid": { "oci.entrypoint": "/bin/sh" },
  "oci.uid": { "oci.entrypoint": "/bin/sh" },
};

function outcome(document: object, without: object, runtime: Runtime): string {
  const plan = (from: object) => planFrom(JSON.stringify(from), { grant: everything, runtime });
  try {
    return Bun.deepEquals(plan(document), plan(without)) ? "IGNORED" : "realised";
  } catch (error) {
    if (error instanceof RuntimeError)
      return error.message.replace("Cannot install the image: config.yaml asks for ", "");
    throw error;
  }
}

test("planOf realises or refuses every key of config:, as golden/keys.txt says, but for what only others read", async () => {
  const lines = acceptedConfigKeys.map((key) => {
    const [name = key, value = samples[key] ?? ""] = key.endsWith(".*") ? (samples[key] ?? "").split("=") : [];
    const others = beside[key] ?? {};
    const outcomes = runtimes.map((runtime) =>
      outcome({ config: { ...others, [name]: value } }, { config: others }, runtime),
    );
    const fate = fateOf(name);
    if (fate?.kind === "information") {
      expect([key, outcomes]).toEqual([key, ["IGNORED", "IGNORED"]]);
      return `${key}\n  read by ${fate.reader}\n`;
    }
    return `${key}\n${runtimes.map((runtime, index) => `  ${runtime}: ${outcomes[index]}\n`).join("")}`;
  });
  expect(lines.filter((line) => line.includes("IGNORED"))).toEqual([]);
  expect(lines.filter((line) => line.includes("read by")).length).toBe(11);
  await expectGolden("keys.txt", lines.join(""));
});

/** A device of each type with only what it has to have, and one value of each other key. */
const devices: readonly { name: string; type: string; least: Record<string, string>; more: Record<string, string> }[] =
  [
    {
      name: "disk (volume)",
      type: "disk",
      least: { source: "volume:a", path: "/a" },
      more: {
        per: "slot",
        snapshot: "true",
        source: "volume:b",
        path: "/b",
        readonly: "true",
        required: "false",
        recursive: "true",
        shift: "true",
        propagation: "rshared",
        "raw.mount.options": "suid",
      },
    },
    {
      name: "disk (host path)",
      type: "disk",
      least: { source: "/srv/a", path: "/a" },
      more: {
        per: "slot",
        snapshot: "true",
        source: "/srv/b",
        path: "/b",
        readonly: "true",
        required: "false",
        recursive: "true",
        shift: "true",
        propagation: "rshared",
        "raw.mount.options": "suid",
      },
    },
    {
      name: "nic (bridged)",
      type: "nic",
      least: { nictype: "bridged", parent: "br0" },
      more: {
        nictype: "routed",
        parent: "br1",
        name: "eth5",
        host_name: "h5",
        hwaddr: "10:66:6a:00:00:01",
        mtu: "1400",
        mode: "l2",
        vlan: "5",
        "ipv4.address": "192.0.2.5/24",
        "ipv4.gateway": "192.0.2.1",
        "ipv4.routes": "198.51.100.0/24",
        "ipv6.address": "2001:db8::5/64",
        "ipv6.gateway": "2001:db8::1",
        "ipv6.routes": "2001:db8:1::/64",
        "limits.egress": "1Mbit",
        "limits.ingress": "1Mbit",
        "limits.max": "1Mbit",
        "security.mac_filtering": "true",
      },
    },
    ...["unix-char", "unix-block"].map((type) => ({
      name: type,
      type,
      least: { source: "/dev/ttyS0" },
      more: {
        source: "/dev/ttyS1",
        path: "/dev/x",
        major: "1",
        minor: "1",
        mode: "0600",
        uid: "5",
        gid: "5",
        required: "false",
      },
    })),
  ];

test("planOf realises or refuses every key of every device, as golden/device-keys.txt says", async () => {
  const grant = everything.nics;
  expect(grant).toContain("bridged:br0");
  const lines = devices.flatMap(({ name, type, least, more }) => {
    const known = (acceptedDeviceKeys[type] ?? []).filter((key) => key !== "type");
    expect([name, Object.keys(more).toSorted()]).toEqual([name, known.toSorted()]);
    return Object.entries(more).map(([key, value]) => {
      const outcomes = runtimes.map((runtime) =>
        outcome(
          { devices: { it: { type, ...least, [key]: value } } },
          { devices: { it: { type, ...least } } },
          runtime,
        ),
      );
      return `${name}: ${key}\n${runtimes.map((runtime, index) => `  ${runtime}: ${outcomes[index]}\n`).join("")}`;
    });
  });
  expect(lines.filter((line) => line.includes("IGNORED"))).toEqual([]);
  await expectGolden("device-keys.txt", lines.join(""));
});
