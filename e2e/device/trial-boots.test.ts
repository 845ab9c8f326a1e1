// A trial and the reboots of its host: one that is refused, several that are allowed, and what the trial wrote, which outlives them.
import { expect } from "bun:test";
import { hostctl, hostctlInside, install, runs, seed, state, succeeded, why } from "./kit/edge.ts";
import { granting, lxcUnprivileged, nspawnPrivate, wishing } from "./kit/flavours.ts";
import { busyboxImage } from "./kit/images.ts";
import type { SystemdDevice } from "./kit/device.ts";
import { onDevice, onSystemd } from "./kit/story.ts";

for (const flavour of [nspawnPrivate, lxcUnprivileged]) {
  const story = async (power: string, tell: (device: SystemdDevice) => Promise<void>) => {
    const first = await busyboxImage("1.0.0", wishing(flavour));
    const configuration = `${power}${granting(flavour)}`;
    await onDevice({ configuration, prepare: (device) => seed(device, first) }, async (device) => {
      await runs(device, "1.0.0");
      await tell(device);
    });
  };

  onSystemd(`${flavour.name}: power.reboot_during_trial = "refuse" keeps a trial from being ended by a reboot`, () =>
    story('[power]\nreboot_during_trial = "refuse"\n', async (device) => {
      await install(device, await busyboxImage("1.1.0", wishing(flavour)));
      // What was not tried yet is what the reboot is for.
      await succeeded(hostctlInside(device, "reboot"));
      await device.bootAgain();
      await runs(device, "1.1.0");
      for (const asked of [hostctl(device, "reboot", "--yes"), hostctlInside(device, "reboot", "--yes")]) {
        const { stdout, exitCode } = await asked;
        expect([exitCode, stdout]).toEqual([4, expect.stringContaining('power.reboot_during_trial is "refuse"')]);
      }
      expect(await state(device)).toBe("trying");
      await succeeded(hostctlInside(device, "container", "commit"));
      await succeeded(hostctlInside(device, "reboot"));
      await device.bootAgain();
      await runs(device, "1.1.0");
      expect(await state(device)).toBe("normal");
    }),
  );

  onSystemd(`${flavour.name}: trial.boots allows as many boots, and what the trial wrote is there after the last`, () =>
    story("", async (device) => {
      await install(device, await busyboxImage("1.1.0", { ...wishing(flavour), trial: { boots: 3 } }));
      for (const left of [2, 1, 0]) {
        await device.reboot();
        await runs(device, "1.1.0");
        expect([left, await state(device)]).toEqual([left, "trying"]);
      }
      await device.reboot();
      await runs(device, "1.0.0");
      expect(await why(device)).toBe(
        "version 1.0.0 is committed; version 1.1.0 was rolled back: rebooted without commit",
      );
      expect(await succeeded(hostctl(device, "container", "logs"))).toContain("version 1.1.0 is up");
    }),
  );
}
