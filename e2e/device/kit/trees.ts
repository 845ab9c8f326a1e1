// The Debian trees of this tier, made once and kept in .cache/ under names that change with their recipes: the device's own, and what
// its containers are made of.
import { existsSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { basename, join } from "node:path";
import { realDisk } from "@host-service/disk";
import { debianTar } from "@host-service/fixtures";
import type { DebianSuite } from "@host-service/fixtures";
import { repository } from "../../kit/program.ts";
import { must } from "../../kit/run.ts";

export const cache = join(repository, ".cache/e2e");

const noPapers = ["doc", "man", "locale", "info", "lintian"].map(
  (name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`,
);
const spare = ['--aptopt=APT::Install-Recommends "false"', "--dpkgopt=force-unsafe-io", ...noPapers];
// mmdebstrap takes them from the machine that it runs on.
const ownName = `--customize-hook=cd "$1/etc" && echo device >hostname && echo "127.0.0.1 localhost device" >hosts && : >resolv.conf`;
// What a container does not need and would only be unpacked again and again.
const ballast = "var/cache/apt var/lib/apt var/cache/debconf usr/share/zoneinfo usr/lib/udev usr/share/bash-completion";
const devicePackages = [
  "dbus",
  "iproute2",
  "libcap2-bin",
  "libubootenv-tool",
  "lxc",
  "procps",
  "rauc",
  "systemd-container",
  "systemd-sysv",
  "uidmap",
  "xz-utils",
  "zstd",
];

const unpackKernel = `set -e
chroot "$1" sh -ec 'cd /tmp
kernel=$(apt-cache depends linux-image-cloud-amd64 | sed -n "s/.*Depends: \\(linux-image-[0-9].*\\)/\\1/p" | head -n 1)
apt-get -qq -o APT::Sandbox::User=root download "$kernel"
dpkg-deb -x linux-image-*.deb kernel
mv kernel/boot/vmlinuz-* /boot/vmlinuz && mv kernel/lib/modules /usr/lib/
rm -rf kernel linux-image-*.deb && depmod -a "$(ls /lib/modules)"'`;

/** The device's root file system: systemd, both runtimes, and RAUC, as some hosts have it. Undefined where it cannot be made. */
export function deviceTree(): Promise<string | undefined> {
  return tree(["--variant=minbase", ...spare, `--include=${devicePackages.join(",")}`, ownName]);
}

/** The same for a virtual machine, with udev and Debian's kernel for clouds, which is only unpacked: its scripts would make an initrd. */
export function machineTree(): Promise<string | undefined> {
  const packages = [...devicePackages, "kmod", "udev"];
  return tree([
    "--variant=minbase",
    ...spare,
    `--include=${packages.join(",")}`,
    `--customize-hook=${unpackKernel}`,
    ownName,
  ]);
}

/** A later systemd (257), and what our package takes: for the tests of what systemd itself does. */
export function newerTree(): Promise<string | undefined> {
  const packages = ["dbus", "procps", "systemd-container", "systemd-sysv", "xz-utils", "zstd"];
  return tree(["--variant=minbase", ...spare, `--include=${packages.join(",")}`, ownName], "trixie");
}

/** A container's: Debian with systemd and `packages`, and without an init, which each image brings itself. */
export function containerTree(packages: readonly string[] = []): Promise<string | undefined> {
  const slim = `--customize-hook=cd "$1" && rm -rf ${ballast} sbin/init`;
  return tree(["--variant=minbase", ...spare, `--include=${["systemd-sysv", ...packages].join(",")}`, slim, ownName]);
}

async function tree(options: readonly string[], suite?: DebianSuite): Promise<string | undefined> {
  const tar = await debianTar(cache, options, suite);
  if (tar === undefined) return undefined;
  const directory = join(cache, basename(tar.base));
  if (existsSync(directory)) return directory;
  const fresh = `${directory}.${crypto.randomUUID()}`;
  try {
    await mkdir(fresh, { recursive: true });
    const names = ["--xattrs", "--xattrs-include=*", "--numeric-owner"];
    await must(["tar", ...names, `--directory=${fresh}`, "--extract", `--file=${tar.path}`]);
    await rename(fresh, directory);
  } finally {
    await realDisk.removeTree(fresh);
  }
  return directory;
}
