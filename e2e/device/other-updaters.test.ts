// A host whose own root RAUC or Mender updates: there are containers of ours on it, and what is theirs stays as it is.
import { expect } from "bun:test";
import { hostctl, install, runs, seed, succeeded } from "./kit/edge.ts";
import { granting, nspawnPrivate, wishing } from "./kit/flavours.ts";
import { busyboxImage } from "./kit/images.ts";
import type { SystemdDevice } from "./kit/device.ts";
import { onDevice, onSystemd } from "./kit/story.ts";

const rauc = `[system]
compatible=edge-x1
bootloader=custom
statusfile=/srv/theirs/rauc.status

[handlers]
bootloader-custom-backend=/usr/local/lib/rauc-boot

[slot.rootfs.0]
device=/srv/theirs/root-a.img
bootname=A

[slot.rootfs.1]
device=/srv/theirs/root-b.img
bootname=B
`;

// Whoever asks or tells the boot loader leaves a line.
const raucBoot = `#!/bin/sh
echo "$*" >>/srv/theirs/boot-loader-calls
case "$1" in get-primary) echo A ;; get-state) echo good ;; esac
`;

const mender = `[Unit]
Description=Stands for Mender's client
[Service]
ExecStart=/usr/bin/sleep infinity
[Install]
WantedBy=multi-user.target
`;

async function prepare(device: SystemdDevice): Promise<void> {
  await device.write("/etc/rauc/system.conf", rauc);
  await device.write("/usr/local/lib/rauc-boot", raucBoot, 0o755);
  await device.write("/etc/systemd/system/mender-client.service", mender);
  await device.write("/etc/mender/mender.conf", '{ "RootfsPartA": "/srv/theirs/root-a.img" }\n');
  await device.write("/var/lib/mender/device_type", "device_type=edge-x1\n");
  await device.write("/etc/fw_env.config", "/srv/theirs/uboot.env 0x0 0x4000\n");
  await device.write("/boot/grub/grubenv", `# GRUB Environment Block\nORDER=A B\n${"#".repeat(988)}`);
  for (const slot of ["a", "b"]) await device.write(`/srv/theirs/root-${slot}.img`, `root ${slot}`.repeat(100_000));
  const environment = "BOOT_ORDER=A B\nBOOT_A_LEFT=3\n";
  await device.write("/etc/u-boot-initial-env", environment);
  const enable = "systemctl --quiet enable mender-client.service; truncate -s 16384 /srv/theirs/uboot.env";
  await device.chroot(["/bin/sh", "-ec", `${enable}; fw_setenv BOOT_B_LEFT 3`]);
  await seed(device, await busyboxImage("1.0.0", wishing(nspawnPrivate)));
}

/** Their files, their boot variables and their unit, as text that can be compared. */
function theirs(device: SystemdDevice): Promise<string> {
  return device.shell(`find /srv/theirs /etc/rauc /etc/mender /etc/fw_env.config /var/lib/mender /boot -type f -exec sha256sum {} + | sort
    find /srv/theirs /boot -printf '%p %s %T@ %m\\n' | sort
    fw_printenv
    systemctl is-active mender-client.service; systemctl is-enabled mender-client.service
    systemctl show --property=NRestarts,ExecMainStatus,FragmentPath,DropInPaths mender-client.service
    systemctl list-unit-files --no-legend 'rauc*' 'mender*'`);
}

onSystemd("on a host that RAUC or Mender updates, containers are updated and what is theirs stays as it is", () =>
  onDevice({ configuration: granting(nspawnPrivate), prepare }, async (device) => {
    const before = await theirs(device);
    expect(before).toContain("BOOT_ORDER=A B\n");
    await runs(device, "1.0.0");
    await install(device, await busyboxImage("1.1.0", wishing(nspawnPrivate)));
    await device.reboot();
    await runs(device, "1.1.0");
    await succeeded(hostctl(device, "container", "commit"));
    await install(device, await busyboxImage("1.2.0", wishing(nspawnPrivate)));
    await device.reboot();
    await runs(device, "1.2.0");
    await device.cut();
    await device.boot();
    await runs(device, "1.1.0");

    await device.write("/srv/new-root.img", "another root");
    expect((await hostctl(device, "system", "upgrade", "/srv/new-root.img")).exitCode).not.toBe(0);
    for (const words of ["status", "commit", "rollback"]) await hostctl(device, "system", words);
    await device.must(["dpkg", "--purge", "host-service"]);
    expect(await theirs(device)).toBe(before);
    // The planted failure: a boot variable that somebody sets is seen.
    await device.must(["fw_setenv", "BOOT_B_LEFT", "2"]);
    expect(await theirs(device)).not.toBe(before);
  }),
);
