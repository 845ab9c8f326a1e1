// limits.* of a config.yaml: what systemd is told, that it is told of all of the container, and that another image drops it again.
import { expect } from "bun:test";
import { limited, limitedMain, limitsAreTheUnits, limitsHold, needsControllers } from "../kit/limits.ts";
import { edgeUnit, install, runs, seed } from "./kit/edge.ts";
import { flavours, granting, wishing } from "./kit/flavours.ts";
import { busyboxImage } from "./kit/images.ts";
import type { SystemdDevice } from "./kit/device.ts";
import { onDevice, onSystemd } from "./kit/story.ts";

for (const flavour of flavours) {
  const story = async (tell: (device: SystemdDevice) => Promise<void>) => {
    const image = await busyboxImage("1.0.0", { ...wishing(flavour, limited), files: { main: limitedMain } });
    await onDevice({ configuration: granting(flavour), prepare: (device) => seed(device, image) }, async (device) => {
      await runs(device, "1.0.0");
      await tell(device);
    });
  };

  onSystemd(`${flavour.name}: limits are the unit's, reach all of the container, and go with the image`, () =>
    story(async (device) => {
      await limitsAreTheUnits(device, edgeUnit);
      await install(device, await busyboxImage("1.1.0", wishing(flavour)));
      await device.reboot();
      await runs(device, "1.1.0");
      expect(await device.property(edgeUnit, "MemoryMax")).toBe("infinity");
      expect(await device.property(edgeUnit, "TasksMax")).toBe("16384");
    }),
  );

  onSystemd(
    `${flavour.name}: processes, memory and time of a processor end where config.yaml says`,
    () => story((device) => limitsHold(device, edgeUnit)),
    needsControllers(),
  );
}
