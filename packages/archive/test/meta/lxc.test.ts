import { lxcMetadata } from "@host-service/fixtures";
import { expect, test } from "bun:test";
import { readFiles, refusalOfFiles } from "./kit/metadata.ts";

const init = (program: string) => `lxc.init.cmd = ${program}\n`;
const bare = { "config-user": undefined, "config.1": undefined, "config-user.4": undefined };

test("L4: config-user wins over config for an unprivileged container, .5 wins over both, .1 to .4 are ignored", () => {
  const chosen = (files: Record<string, string>, unprivileged: boolean) =>
    readFiles({ "config.1": init("/1"), "config-user.4": init("/4"), ...files }, { unprivileged }).hints.initCommand;
  const [plain, user] = [{ config: init("/plain") }, { "config-user": init("/user") }];
  expect(chosen({ ...plain, ...user }, true)).toEqual(["/user"]);
  expect(chosen({ ...plain, ...user }, false)).toEqual(["/plain"]);
  expect(chosen(plain, true)).toEqual(["/plain"]);
  expect(chosen(user, true)).toEqual(["/user"]);
  const newer = { "config.5": init("/plain.5"), "config-user.5": init("/user.5") };
  expect(chosen({ ...plain, ...user, ...newer }, true)).toEqual(["/user.5"]);
  expect(chosen({ ...plain, ...user, ...newer }, false)).toEqual(["/plain.5"]);
  expect(chosen({ ...plain, ...user, "config.5": init("/plain.5") }, true)).toEqual(["/user"]);
});

test("L5: a flat archive without config and config-user is refused", () => {
  const files = lxcMetadata({ ...bare, config: undefined, "config.2": "lxc.arch = x86_64\n" });
  expect(refusalOfFiles(files)).toStartWith("Cannot read meta.tar.xz: it has no config and no config-user");
  expect(refusalOfFiles(lxcMetadata({ config: undefined }), { unprivileged: false })).toStartWith(
    "Cannot read meta.tar.xz: it has no config;",
  );
});

const neverTaken = `
lxc.include = /etc/passwd
lxc.hook.pre-start = /bin/sh -c reboot
lxc.hook.mount = /bin/x
lxc.mount.entry = /etc etc none bind 0 0
lxc.mount.auto = proc:rw
lxc.cap.keep = sys_admin
lxc.cap.drop =
lxc.apparmor.profile = unconfined
lxc.apparmor.raw = mount,
lxc.seccomp.profile = /none
lxc.idmap = u 0 0 65536
lxc.cgroup.devices.allow = a
lxc.cgroup2.memory.max = max
lxc.net.0.type = none
lxc.rootfs.path = /
lxc.rootfs.options = rw
lxc.prlimit.nofile = 1
lxc.execute.cmd = /bin/sh
lxc.utsname = old
`;

test("L7: keys of privileges and of the host never reach the runtime and are listed as ignored", () => {
  const { hints, mounts, ignored } = readFiles(lxcMetadata({ "config-user": neverTaken }));
  expect({ hints, mounts }).toEqual({ hints: {}, mounts: [] });
  const keys = neverTaken
    .trim()
    .split("\n")
    .map((line) => line.split(" ")[0])
    // An empty value takes back, and nothing was said.
    .filter((key) => key !== "lxc.cap.drop");
  expect(ignored.filter((name) => name.startsWith("lxc."))).toEqual(keys.filter((key) => key !== undefined).toSorted());
});

test("readLxcConfig takes what says how the image is started and stopped", () => {
  const config = `
lxc.arch = x86_64
lxc.init.cmd = /sbin/init "two words" 'three of them' plain
lxc.environment = A=1
lxc.environment = B=two words=x
lxc.signal.halt = SIGRTMIN+3
lxc.signal.reboot = SIGINT
lxc.signal.stop = 9
lxc.tty.max = 4
lxc.pty.max = 1024
lxc.uts.name = LXC_NAME
`;
  expect(readFiles(lxcMetadata({ "config-user": config })).hints).toEqual({
    initCommand: ["/sbin/init", "two words", "three of them", "plain"],
    environment: { A: "1", B: "two words=x" },
    haltSignal: "SIGRTMIN+3",
    rebootSignal: "SIGINT",
    stopSignal: "9",
    ttyMax: 4,
    ptyMax: 1024,
    hostname: "edge",
  });
});

test.each([
  "lxc.init.cmd = sbin/init",
  "lxc.environment = HOME",
  "lxc.environment = 1A=x",
  "lxc.signal.halt = -9",
  "lxc.signal.stop = SIGTERM; reboot",
  "lxc.tty.max = many",
  "lxc.uts.name = ../x",
])("readLxcConfig ignores %j, and never tells the value", (line) => {
  const { hints, ignored } = readFiles(lxcMetadata({ "config-user": `${line}\n` }));
  expect(hints).toEqual({});
  expect(ignored).toContain(line.split(" ")[0] ?? "");
  expect(ignored.join(" ")).not.toContain(line.split(" = ")[1] ?? "");
});

test("readLxcConfig refuses what is no configuration", () => {
  expect(refusalOfFiles(lxcMetadata({ "config-user": "#!/bin/sh\nreboot \u001b[2J\n" }))).toBe(
    'Cannot read meta.tar.xz: config-user has a line that is not "key = value": "reboot [2J"',
  );
});

test("L8: an fstab bind of a host path is refused unless config.yaml has it", () => {
  for (const line of ["/etc host none bind,create=dir 0 0", "/etc host tmpfs rbind", "/dev/sda1 host ext4 ro"]) {
    expect(refusalOfFiles(lxcMetadata({ fstab: `${line}\n` }))).toMatch(
      /^Cannot read meta\.tar\.xz: fstab mounts "\/(?:etc|dev\/sda1)" of the host at "\/host"; what a container gets/u,
    );
  }
  const hostMounts = [{ source: "/etc", target: "/host" }];
  expect(readFiles(lxcMetadata({ fstab: "/etc host none bind 0 0\n" }), { hostMounts }).mounts).toEqual([]);
  const slashes = [{ source: "/etc/", target: "/host//" }];
  expect(readFiles(lxcMetadata({ fstab: "/etc host/ none bind 0 0\n" }), { hostMounts: slashes }).mounts).toEqual([]);
  expect(refusalOfFiles(lxcMetadata({ fstab: "/etc other none bind 0 0\n" }), { hostMounts })).toContain('at "/other"');
});

test("readFstab takes the kernel's own file systems, inside the root, with options that are none of the host's", () => {
  const fstab = `
# comment
proc proc proc nodev,noexec,nosuid 0 0
tmpfs LXC_ROOTFS/run/a\\040b tmpfs size=10m,mode=0755,nosuid,gid=5,uid=0,huge=always,lowerdir=/etc 0 0
sysfs ../../sys sysfs defaults 0 0
mqueue /dev/mqueue mqueue
`;
  const { mounts, ignored } = readFiles(lxcMetadata({ fstab }));
  expect(mounts).toEqual([
    { type: "proc", target: "/proc", options: ["nodev", "noexec", "nosuid"] },
    { type: "tmpfs", target: "/run/a b", options: ["size=10m", "mode=0755", "nosuid", "gid=5", "uid=0"] },
    { type: "mqueue", target: "/dev/mqueue", options: ["defaults"] },
  ]);
  expect(ignored).toContain("fstab: ../../sys");
});

test("L13: a path with .. in templates is refused, and every other that leads to no file of the root", () => {
  for (const path of [
    "../../etc/passwd",
    "/../etc/passwd",
    "/etc/..",
    "etc/hostname",
    "/",
    "/etc/",
    "/a\0b",
    `/${"n".repeat(256)}`,
  ]) {
    expect(refusalOfFiles(lxcMetadata({ templates: `/etc/hosts\n${path}\n` }))).toStartWith(
      "Cannot read meta.tar.xz: templates names ",
    );
  }
});

test.each(["*", "./*", "?*", ".", "/", "*/*", "../x", "./a/../b", "[a-z]*", "!x"])(
  "excludes with %j are refused",
  (pattern) => {
    expect(refusalOfFiles(lxcMetadata({ "excludes-user": `./dev/null\n${pattern}\n` }))).toStartWith(
      "Cannot read meta.tar.xz: excludes-user leaves out ",
    );
  },
);

test("excludes of too many wildcards, and lists of too many lines, are refused", () => {
  const many = (count: number, line: string) => `${line}\n`.repeat(count);
  expect(refusalOfFiles(lxcMetadata({ "excludes-user": many(257, "a*") }))).toContain('257 patterns with "*" or "?"');
  expect(refusalOfFiles(lxcMetadata({ "excludes-user": many(4097, "a") }))).toContain("more than 4096 lines");
  expect(refusalOfFiles(lxcMetadata({ templates: many(257, "/a") }))).toContain("more than 256 lines");
});

test("L19: a past expiry is a warning, and one that is no time is refused", () => {
  expect(readFiles(lxcMetadata({ expiry: "1577836800\n", "create-message": undefined })).warnings).toEqual([
    "the image's metadata says that it expired on 2020-01-01",
  ]);
  expect(refusalOfFiles(lxcMetadata({ expiry: "tomorrow" }))).toContain("expiry has to be a Unix time");
});

test("L21: of a create-message nothing is left that a terminal obeys, and not more than 4096 characters", () => {
  const message = "\u001b]0;title\u0007 Hello\r\n\u009b2J\u202e\u2028there\u0000\u007f";
  expect(readFiles(lxcMetadata({ "create-message": message })).warnings).toEqual([
    "the image says: ]0;title Hello 2J there",
  ]);
  expect(readFiles(lxcMetadata({ "create-message": "x".repeat(9000) })).warnings[0]?.length).toBeLessThan(4200);
  expect(readFiles(lxcMetadata({ "create-message": "\n \u001b" })).warnings).toEqual([]);
});
