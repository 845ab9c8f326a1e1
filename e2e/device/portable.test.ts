// Portable services on a device with a real systemd: attached as systemd itself does it, updated, tried, and gone at the next boot unless committed.
import { expect } from "bun:test";
import { attachedFiles, recordedDropIn, recordedFiles } from "./kit/attached-files.ts";
import { answering, PortableHost } from "./kit/portable-host.ts";
import { onSystemd } from "./kit/story.ts";

const slots = "/var/lib/host-service/portable/minimal/slots";
const nothing = [
  "- absent /etc/systemd/system.attached",
  "- absent /run/systemd/system.attached",
  "- absent /etc/portables",
  "d 755 /run/portables",
];
const dropIn = "/run/systemd/system.attached/minimal-test.service.d/20-portable.conf";

onSystemd("P8: an archive is attached with each profile as systemd does it, and detach leaves nothing", async () => {
  await PortableHost.with(async (host) => {
    const { device } = host;
    const image = await host.image("minimal_1.0", answering("1.0", { exec: "/usr/bin/minimald" }));
    for (const profile of ["default", "nonetwork", "strict", "trusted"]) {
      expect(await host.must("portable", "attach", image, "--profile", profile)).toBe("OK\n");
      const path = `${slots}/a/rootfs/minimal_1.0-a`;
      expect(await attachedFiles(device)).toEqual(recordedFiles(path, "minimal_1.0-a", profile));
      expect(await device.shell(`cat ${dropIn}`)).toBe(recordedDropIn(path, "minimal_1.0-a", "RootDirectory"));
      expect(await device.shell("systemctl is-active minimal-test.service")).toBe("active\n");
      expect((await host.must("portable", "status", "minimal")).split("\n")[0]).toBe("trying");
      expect(await host.must("portable", "detach", "minimal")).toBe("OK\n");
      expect(await attachedFiles(device)).toEqual(nothing);
      expect((await device.run(["systemctl", "is-active", "minimal-test.service"])).stdout).toBe("inactive\n");
      expect(await device.shell("ls -A /var/lib/host-service/portable")).toBe("");
    }
  });
});
