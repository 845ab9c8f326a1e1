// What outlives an update and what does not: volumes, the copies that are kept of them for a trial, what the container wrote to its root, and the
// verified tree, which nothing ever changes.
import { expect } from "bun:test";
import { readXattrs } from "@host-service/disk";
import { readTree, treeDigest } from "@host-service/fixtures";
import type { SystemdDevice } from "./kit/device.ts";
import { edgeUnit, hostctl, install, runs, seed, succeeded } from "./kit/edge.ts";
import { flavours, granting, wishing } from "./kit/flavours.ts";
import { debianImage } from "./kit/images.ts";
import { onDevice, onSystemd } from "./kit/story.ts";

const devices = {
  data: { type: "disk", source: "volume:data", path: "/data", snapshot: "true" },
  keep: { type: "disk", source: "volume:keep", path: "/var/lib/keep" },
  own: { type: "disk", source: "volume:own", path: "/srv/own", per: "slot" },
};
const files = ["/data/note", "/var/lib/keep/note", "/srv/own/note", "/etc/note"];

/** Writes the text to each volume, and to the root. */
async function write(device: SystemdDevice, text: string): Promise<void> {
  const script = `for file in ${files.join(" ")}; do echo ${text} > $file; done; rm -f /etc/issue`;
  await device.mustInside("edge", ["/bin/sh", "-ec", script]);
}

/** What each of them says, in their order. */
async function read(device: SystemdDevice): Promise<string> {
  const script = `for file in ${files.join(" ")}; do cat $file 2>/dev/null || echo -; done`;
  return (await device.mustInside("edge", ["/bin/sh", "-ec", script])).trim().replaceAll("\n", " ");
}

function verifiedTree(device: SystemdDevice, slot: "a" | "b"): string {
  const rootfs = device.path(`/var/lib/host-service/containers/edge/slots/${slot}/rootfs`);
  return treeDigest(readTree(rootfs, readXattrs));
}

for (const flavour of flavours) {
  onSystemd(`${flavour.name}: volumes over an update that is taken back and one that stays`, async () => {
    const wishes = { ...wishing(flavour), devices };
    const first = await debianImage("1.0.0", wishes);
    const prepare = (device: SystemdDevice) => seed(device, first);
    await onDevice({ configuration: granting(flavour), prepare }, async (device) => {
      await runs(device, "1.0.0");
      const verified = verifiedTree(device, "a");
      await write(device, "first");
      expect(await read(device)).toBe("first first first first");

      await install(device, await debianImage("1.1.0", wishes));
      await device.reboot();
      await runs(device, "1.1.0");
      expect(await device.journal(`--unit=${edgeUnit}`)).toMatch(/Took a snapshot of data \(\d+ bytes\) in \d+ ms/);
      expect(await read(device)).toBe("first first - -");
      await write(device, "trial");
      await device.reboot();

      await runs(device, "1.0.0");
      expect(await device.journal(`--unit=${edgeUnit}`)).toContain("Put back the volumes of before the trial");
      expect(await read(device)).toBe("first trial first first");
      expect(verifiedTree(device, "a")).toBe(verified);

      await install(device, await debianImage("1.2.0", wishes));
      await device.reboot();
      await runs(device, "1.2.0");
      await write(device, "second");
      expect(await succeeded(hostctl(device, "container", "commit"))).toBe("OK\n");
      expect(await succeeded(hostctl(device, "container", "rollback"))).toBe("OK\n");
      await device.reboot();

      // The previous image is as it was verified, with what it wrote itself; what was committed stays in the volumes.
      await runs(device, "1.0.0");
      expect(await read(device)).toBe("second second first first");
      expect(verifiedTree(device, "a")).toBe(verified);
      expect(await device.shell("ls -A /var/lib/host-service/containers/edge/snapshots")).toBe("");
    });
  });
}
