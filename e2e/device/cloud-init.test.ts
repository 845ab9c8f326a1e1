// G58: Debian's own cloud-init, as it comes, finds its data source in a container that is managed here, and does what config.yaml says.
import { expect } from "bun:test";
import { runs, seed, succeeded } from "./kit/edge.ts";
import { granting, lxcUnprivileged, nspawnPrivate, wishing } from "./kit/flavours.ts";
import { debianImage } from "./kit/images.ts";
import { onDevice, onSystemd } from "./kit/story.ts";

/** The image has neither an ssh server nor the data of locales, which cloud-init would complain about. */
const userData = `#cloud-config
hostname: cabinet-7
locale: false
ssh_genkeytypes: []
write_files:
  - path: /etc/written-by-cloud-init
    permissions: "0640"
    content: |
      from user-data
runcmd:
  - [sh, -c, "echo ran >/root-was-here"]
`;
/** A list of its own: of one that both have, cloud-init takes the user's. */
const vendorData = `#cloud-config
bootcmd:
  - [sh, -c, "echo vendor >/vendor-was-here"]
`;

for (const flavour of [nspawnPrivate, lxcUnprivileged]) {
  onSystemd(`G58: cloud-init applies the user-data and the vendor-data of config.yaml (${flavour.name})`, async () => {
    const config = { "cloud-init.user-data": userData, "cloud-init.vendor-data": vendorData };
    const image = await debianImage("1.0.0", { ...wishing(flavour, config), packages: ["cloud-init"] });
    await onDevice({ configuration: granting(flavour), prepare: (device) => seed(device, image) }, async (device) => {
      await runs(device, "1.0.0");
      const inside = (...command: string[]) => succeeded(device.inside("edge", command));
      expect(await inside("cloud-init", "status", "--wait")).toContain("status: done");
      expect(await inside("cloud-id")).toBe("lxd\n");
      expect(await inside("cat", "/etc/hostname", "/etc/written-by-cloud-init", "/root-was-here")).toBe(
        "cabinet-7\nfrom user-data\nran\n",
      );
      expect(await inside("stat", "-c", "%a %U", "/etc/written-by-cloud-init")).toBe("640 root\n");
      expect(await inside("cat", "/vendor-was-here")).toBe("vendor\n");
      expect(await inside("cat", "/run/cloud-init/instance-data.json")).toContain('"instance_id": "edge"');
    });
  });
}
