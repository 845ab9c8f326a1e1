// The disk of the virtual machine: Debian with its kernel for clouds, our package, and the root shell that the tests talk to.
import { chmod, copyFile, mkdir, symlink, truncate, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { must } from "../../kit/run.ts";
import { Enclosure } from "../../device/kit/enclosure.ts";
import { installedOn } from "../../device/kit/software.ts";

export interface MachineImage {
  kernel: string;
  /** A raw image that nobody writes. */
  disk: string;
}

export interface MachineWishes {
  /** Path on the machine → text. */
  files: Readonly<Record<string, string>>;
  /** Path on the machine → a file out here. */
  copies: Readonly<Record<string, string>>;
  /** A script that runs in the finished tree, in a chroot with /proc. */
  finish: string;
}

const diskBytes = 3 * 1024 ** 3;
const guest = join(import.meta.dirname, "guest");

// What a test machine does not need and what costs seconds under emulation.
const masked =
  `apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer
  systemd-networkd.service systemd-pcrphase.service systemd-pcrphase-sysinit.service systemd-binfmt.service lxc.service lxc-net.service
  lxc-monitord.service systemd-hwdb-update.service systemd-journal-catalog-update.service systemd-update-utmp.service
  systemd-update-utmp-runlevel.service systemd-firstboot.service dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount
  sys-kernel-tracing.mount sys-fs-fuse-connections.mount getty@tty1.service console-getty.service getty-static.service
  systemd-user-sessions.service remote-fs.target systemd-rfkill.socket serial-getty@ttyS0.service rauc.service`.split(
    /\s+/,
  );

const settings = {
  "/etc/machine-id": "0123456789abcdef0123456789abcdef\n",
  "/etc/fstab": "",
  "/etc/systemd/journald.conf.d/test.conf": "[Journal]\nStorage=persistent\nForwardToConsole=no\n",
  "/etc/systemd/system.conf.d/test.conf": "[Manager]\nDefaultTimeoutStopSec=10s\nShowStatus=no\n",
};

export async function makeMachineImage(tree: string, directory: string, wishes: MachineWishes): Promise<MachineImage> {
  const disk = join(directory, "root.img");
  const enclosure = await Enclosure.make([await installedOn(tree), tree]);
  try {
    const at = (path: string) => enclosure.at(`root${path}`);
    const write = async (path: string, text: string) => {
      await mkdir(dirname(at(path)), { recursive: true });
      await writeFile(at(path), text);
    };
    for (const [path, text] of Object.entries({ ...settings, ...wishes.files })) await write(path, text);
    await mkdir(at("/etc/systemd/system/multi-user.target.wants"), { recursive: true });
    for (const unit of masked) await symlink("/dev/null", at(`/etc/systemd/system/${unit}`));
    for (const [path, file] of Object.entries({ ...wishes.copies, ...shell })) {
      await mkdir(dirname(at(path)), { recursive: true });
      await copyFile(file, at(path));
    }
    await chmod(at("/usr/local/sbin/test-shell"), 0o755);
    await symlink("../test-shell.service", at("/etc/systemd/system/multi-user.target.wants/test-shell.service"));
    await symlink("/lib/systemd/system/multi-user.target", at("/etc/systemd/system/default.target"));
    await writeFile(disk, "");
    await truncate(disk, diskBytes);
    const finish =
      'mount -t proc proc "$1/proc"; chroot "$1" /bin/sh -ec "$2"; umount "$1/proc"; mke2fs -q -t ext4 -F -b 4096 -d "$1" "$3"';
    const words = ["sh", enclosure.inner("root"), wishes.finish, disk];
    await must(enclosure.enter(["/bin/sh", "-ec", finish, ...words]), { cwd: "/" });
  } finally {
    await enclosure.close();
  }
  return { kernel: join(tree, "boot/vmlinuz"), disk };
}

const shell = {
  "/usr/local/sbin/test-shell": join(guest, "test-shell"),
  "/etc/systemd/system/test-shell.service": join(guest, "test-shell.service"),
};
