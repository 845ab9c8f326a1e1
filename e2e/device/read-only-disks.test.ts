// A disk that is read-only stays so, whatever the container's root does: also where that one has ids of its own, and may mount in the container.
import { expect } from "bun:test";
import { hostctl, runs, seed, succeeded } from "./kit/edge.ts";
import { granting, lxcUnprivileged, nspawnPrivate, wishing } from "./kit/flavours.ts";
import { debianImage } from "./kit/images.ts";
import { onDevice, onSystemd } from "./kit/story.ts";

const writing = "touch /data/from-inside /data/below/from-inside";
const remounting = "for one in /data /data/below; do mount -o remount,bind,rw $one; mount -o remount,rw $one; done";
const remount = `${writing}; ${remounting}; ${writing}; umount /data; touch /data/again; :`;

for (const flavour of [nspawnPrivate, lxcUnprivileged]) {
  onSystemd(`${flavour.name}: the container's root cannot write what is shared with it read-only`, async () => {
    const devices = { data: { type: "disk", source: "/srv/data", path: "/data", readonly: "true", recursive: "true" } };
    const image = await debianImage("1.0.0", { ...wishing(flavour), devices });
    const configuration = `${granting(flavour)}disk_sources = ["/srv/data"]\n`;
    const prepare = async (device: Parameters<typeof seed>[0]) => {
      await device.write("/srv/data/file", "from the host");
      await device.write("/srv/data/below/.keep", "");
      await device.chroot(["chmod", "-R", "0777", "/srv/data"]);
      await seed(device, image);
    };
    await onDevice({ configuration, prepare }, async (device) => {
      await runs(device, "1.0.0");
      // What is mounted below comes along, and is as read-only.
      await succeeded(device.run(["mount", "-t", "tmpfs", "-o", "mode=0777", "none", "/srv/data/below"]));
      await succeeded(hostctl(device, "container", "restart"));
      await runs(device, "1.0.0");
      expect(await device.mustInside("edge", ["/bin/cat", "/data/file"])).toBe("from the host");
      await device.inside("edge", ["/bin/sh", "-c", remount]);
      expect(await succeeded(device.run(["find", "/srv/data", "-name", "*from*", "-o", "-name", "again"]))).toBe("");
      expect(await succeeded(hostctl(device, "container", "status"))).toStartWith("normal\n");
    });
  });
}
