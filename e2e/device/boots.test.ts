// The device itself, before anything of ours is on it: what the stories beside rely on.
import { expect } from "bun:test";
import { onPlainDevice, onSystemd } from "./kit/story.ts";

onSystemd("a reboot and a power cut leave the device's files, and each boot is another one", async () => {
  await onPlainDevice(async (device) => {
    const bootIds = new Set<string>();
    const note = async () => bootIds.add(await device.shell("cat /proc/sys/kernel/random/boot_id"));
    await note();
    await device.shell("echo kept >/srv/kept; echo kept >/var/lib/host-service/kept; echo gone >/run/gone");
    await device.reboot();
    await note();
    expect(await device.shell("cat /srv/kept /var/lib/host-service/kept; ls /run/gone || true")).toBe("kept\nkept\n");
    await device.cut();
    await device.boot();
    await note();
    expect(await device.shell("cat /srv/kept /var/lib/host-service/kept")).toBe("kept\nkept\n");
    await device.reboot(["reboot", "-ff"]);
    await note();
    expect(bootIds.size).toBe(4);
  });
});

onSystemd("a device that goes down for good is not booted again", async () => {
  await onPlainDevice(async (device) => {
    const reboot = device.reboot(["systemctl", "poweroff"]);
    expect(await reboot.then(String, (error: Error) => error.message)).toBe(
      "Cannot boot the device again: it went down for good",
    );
  });
});
