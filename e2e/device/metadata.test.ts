// What an LXC image's metadata says of how it is run, in the containers that run.
import { expect } from "bun:test";
import { lxcMetadata, packMetadata } from "@host-service/fixtures";
import { hostctl, put, runs, succeeded } from "./kit/edge.ts";
import { flavours, granting, wishing } from "./kit/flavours.ts";
import { busyboxImage } from "./kit/images.ts";
import { onDevice, onSystemd } from "./kit/story.ts";

const config = "lxc.tty.max = 2\nlxc.uts.name = other\n";
const metadata = lxcMetadata({
  config,
  "config-user": config,
  fstab:
    "none var/cache/web tmpfs nosuid,size=64k 0 0\nnone run/lock tmpfs nodev,size=64k 0 0\nproc srv/proc proc defaults 0 0\n",
});

const leftOut = {
  nspawn: ["lxc.tty.max of the metadata", 'lxc.uts.name "other"', 'proc at "/srv/proc"'],
  lxc: ['lxc.uts.name "other"', 'proc at "/srv/proc"'],
};

for (const flavour of flavours) {
  onSystemd(`${flavour.name}: an image's metadata is kept where it can be, and what is left out is said`, async () => {
    await onDevice({ configuration: granting(flavour) }, async (device) => {
      const archive = Bun.gzipSync(new Uint8Array(packMetadata(metadata)));
      await device.write("/srv/meta.tar.gz", archive);
      const files = [...(await put(device, await busyboxImage("1.0.0", wishing(flavour)))), "/srv/meta.tar.gz"];
      const { stdout, stderr } = await hostctl(device, "container", "install", ...files);
      expect(stdout).toBe("OK\n");
      for (const what of leftOut[flavour.runtime]) expect(stderr).toMatch(new RegExp(`${what}.* is left out: `, "u"));
      await succeeded(hostctl(device, "container", "try"));
      await runs(device, "1.0.0");
      const inside = (script: string) => device.mustInside("edge", ["/bin/busybox", "sh", "-c", script]);
      expect(await inside("/bin/busybox grep ' /var/cache/web ' /proc/mounts")).toMatch(
        /^\S+ \/var\/cache\/web tmpfs rw,nosuid.*size=64k/u,
      );
      expect(await inside("/bin/busybox hostname")).toBe("edge\n");
      const consoles = await inside("/bin/busybox ls /dev | /bin/busybox grep -c '^tty[0-9]' || true");
      expect(consoles).toBe(flavour.runtime === "lxc" ? "2\n" : "0\n");
    });
  });
}
