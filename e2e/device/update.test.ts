// The product's one job, on a real systemd: a container updates itself with its own hostctl, through real reboots. In each of the four ways to run one.
import { expect } from "bun:test";
import { flavours, granting, wishing } from "./kit/flavours.ts";
import { edgeUnit, hostctlInside, install, installInside, runs, seed, state, succeeded, why } from "./kit/edge.ts";
import { debianImage } from "./kit/images.ts";
import type { SystemdDevice } from "./kit/device.ts";
import { onDevice, onSystemd } from "./kit/story.ts";
import { until } from "../kit/until.ts";

/** For bench/README.md: what the hook and the start of the container take of a boot, and a whole update. Printed, not judged. */
async function tellTimes(device: SystemdDevice, { what, cycleMs }: { what: string; cycleMs: number }): Promise<void> {
  const hookUs = Number(await device.property("host-service-boot.service", "ExecMainStartTimestampMonotonic"));
  const containerUs = Number(await device.property(edgeUnit, "ActiveEnterTimestampMonotonic"));
  expect(containerUs).toBeGreaterThan(hookUs);
  const startMs = Math.round((containerUs - hookUs) / 1000);
  console.info(
    `${what}: ${startMs} ms from the hook's start to the container's, ${Math.round(cycleMs)} ms for an update`,
  );
}

for (const flavour of flavours) {
  onSystemd(
    `${flavour.name}: a container updates itself, and an update that nobody commits is taken back`,
    async () => {
      const wishes = wishing(flavour);
      const first = await debianImage("1.0.0", { ...wishes, format: "tar.xz" });
      const prepare = (device: Parameters<typeof seed>[0]) => seed(device, first);
      await onDevice({ configuration: granting(flavour), prepare }, async (device) => {
        await runs(device, "1.0.0");
        const second = await debianImage("1.1.0", wishes);
        const begun = performance.now();
        expect(await installInside(device, second)).toBe("OK\n");
        expect(await state(device)).toBe("pending");
        expect(await succeeded(hostctlInside(device, "reboot"))).toBe("OK\n");
        await device.bootAgain();

        await runs(device, "1.1.0");
        expect(await state(device)).toBe("trying");
        expect(await succeeded(hostctlInside(device, "container", "commit"))).toBe("OK\n");
        await tellTimes(device, { what: flavour.name, cycleMs: performance.now() - begun });
        expect(await state(device)).toBe("normal");
        await device.reboot();
        await runs(device, "1.1.0");

        await install(device, await debianImage("1.2.0", wishes));
        await device.reboot();
        await runs(device, "1.2.0");
        expect(await state(device)).toBe("trying");
        await device.reboot();
        await runs(device, "1.1.0");
        expect(await why(device)).toBe(
          "version 1.1.0 is committed; version 1.2.0 was rolled back: rebooted without commit",
        );
      });
    },
  );

  onSystemd(
    `${flavour.name}: the daemon comes and goes, and the container runs on with a /host that works`,
    async () => {
      const first = await debianImage("1.0.0", { ...wishing(flavour), format: "tar.xz" });
      const prepare = (device: Parameters<typeof seed>[0]) => seed(device, first);
      await onDevice({ configuration: granting(flavour), prepare }, async (device) => {
        await runs(device, "1.0.0");
        const before = await device.leaderOf("edge");
        await device.shell("systemctl kill --signal=KILL host-service.service");
        await device.until("systemd starts another daemon", ["hostctl", "ping"]);
        await runs(device, "1.0.0");
        await device.shell("systemctl restart host-service.service");
        await runs(device, "1.0.0");
        expect(await device.leaderOf("edge")).toBe(before);
        // A restart of the container is no reboot of the host, and it can ask for one itself.
        await device.mustInside("edge", ["/bin/sh", "-c", "systemctl reboot"]);
        await until(
          "the container was started again",
          async () => ![undefined, before].includes(await device.leaderOf("edge")),
        );
        await runs(device, "1.0.0");
        await device.until("its unit is active again", ["systemctl", "is-active", edgeUnit]);
      });
    },
  );
}
