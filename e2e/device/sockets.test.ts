// Who in a container may speak with the host: its root, whatever ids that has on the host, and whom it lets.
import { expect } from "bun:test";
import type { SystemdDevice } from "./kit/device.ts";
import { runs, seed } from "./kit/edge.ts";
import { flavours, granting, wishing } from "./kit/flavours.ts";
import { debianImage } from "./kit/images.ts";
import { onDevice, onSystemd } from "./kit/story.ts";

/** As a user inside that is not root. */
async function pingAs(device: SystemdDevice, uid: number): Promise<string> {
  const ping = ["/host/hostctl", "--socket-path", "/host/host-service", "ping"];
  const { stdout, exitCode } = await device.inside("edge", ["setpriv", `--reuid=${uid}`, "--clear-groups", ...ping]);
  return exitCode === 0 ? stdout.trim() : `exit ${exitCode}`;
}

const owners = (device: SystemdDevice) =>
  device.mustInside("edge", ["sh", "-c", "cd /host; stat -c '%n %u %g %a' host-service host-service.peer"]);

for (const flavour of flavours.filter(({ isPrivileged }) => !isPrivileged)) {
  onSystemd(`${flavour.name}: the sockets belong to the container's root, and open to whom it opens them`, async () => {
    const image = await debianImage("1.0.0", wishing(flavour));
    const prepare = (device: SystemdDevice) => seed(device, image);
    await onDevice({ configuration: granting(flavour), prepare }, async (device) => {
      await runs(device, "1.0.0");
      expect(await owners(device)).toBe("host-service 0 0 600\nhost-service.peer 0 0 600\n");
      expect([await pingAs(device, 0), await pingAs(device, 1000)]).toEqual(["OK", "exit 3"]);
      await device.mustInside("edge", ["chown", "1000:1000", "/host/host-service"]);
      expect([await pingAs(device, 1000), await pingAs(device, 1001)]).toEqual(["OK", "exit 3"]);
      // Another daemon, and the container's own restart, leave it so; another boot does not.
      await device.must(["systemctl", "restart", "host-service.service"]);
      expect([await pingAs(device, 1000), await pingAs(device, 1001)]).toEqual(["OK", "exit 3"]);
      await device.must(["systemctl", "restart", "host-service-container@edge.service"]);
      await runs(device, "1.0.0");
      expect([await pingAs(device, 1000), await pingAs(device, 1001)]).toEqual(["OK", "exit 3"]);
      await device.reboot();
      await runs(device, "1.0.0");
      expect([await pingAs(device, 0), await pingAs(device, 1000)]).toEqual(["OK", "exit 3"]);
    });
  });
}
