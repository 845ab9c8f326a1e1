// Trials that nobody ends by hand: a candidate that dies, one that never gets ready, one that is well; and a trial without a reboot.
import { expect } from "bun:test";
import { flavours, granting, wishing } from "./kit/flavours.ts";
import { hostctl, install, runs, seed, state, succeeded, why } from "./kit/edge.ts";
import type { ContainerImage } from "./kit/images.ts";
import { busyboxImage, dyingImage } from "./kit/images.ts";
import type { SystemdDevice } from "./kit/device.ts";
import { onDevice, onSystemd } from "./kit/story.ts";

const bootId = (device: SystemdDevice) => device.shell("cat /proc/sys/kernel/random/boot_id");

/** Waits for it, as the line is written when the container runs again. */
function noted(device: SystemdDevice, words: string): Promise<unknown> {
  const history = ["hostctl", "container", "history"];
  return device.until(`the history says "${words}"`, history, ({ stdout }) => stdout.includes(words));
}

for (const flavour of flavours) {
  const story = async (tell: (device: SystemdDevice) => Promise<void>) => {
    const first = await busyboxImage("1.0.0", wishing(flavour));
    const configuration = granting(flavour);
    await onDevice({ configuration, prepare: (device) => seed(device, first) }, async (device) => {
      await runs(device, "1.0.0");
      await tell(device);
    });
  };

  /** The candidate is tried by a reboot, and in the boot that tries it the first version comes back; why. */
  const fallsBack = async (device: SystemdDevice, candidate: ContainerImage): Promise<string> => {
    await install(device, candidate);
    await device.reboot();
    const before = await bootId(device);
    await device.until(
      "the trial is over",
      ["hostctl", "container", "status"],
      ({ stdout }) => stdout.startsWith("normal\n"),
      120_000,
    );
    await runs(device, "1.0.0");
    expect(await bootId(device)).toBe(before);
    return await why(device);
  };

  onSystemd(
    `${flavour.name}: a candidate whose init dies at once is taken back in the same boot, with the reason`,
    () =>
      story(async (device) => {
        const reason = await fallsBack(device, await dyingImage("1.1.0", wishing(flavour)));
        expect(reason).toBe(
          "version 1.0.0 is committed; version 1.1.0 failed: it ended 3 times within 60 s, the last time with exit status 1",
        );
        await noted(device, "it ended");
        expect(await succeeded(hostctl(device, "container", "logs"))).toContain("this image ends at once");
      }),
  );

  onSystemd(`${flavour.name}: a candidate that its runtime cannot set up is taken back as soon`, () =>
    story(async (device) => {
      const begun = performance.now();
      const nowhere = { "oci.cwd": "/nowhere" };
      const reason = await fallsBack(device, await busyboxImage("1.1.0", wishing(flavour, nowhere)));
      expect(reason).toContain("version 1.1.0 failed: it ended 3 times within 60 s");
      expect(performance.now() - begun).toBeLessThan(60_000);
    }),
  );

  onSystemd(`${flavour.name}: a candidate that never gets ready is taken back when its time is over`, () =>
    story(async (device) => {
      const trial = { timeout: "4s" };
      const reason = await fallsBack(device, await busyboxImage("1.1.0", { ...wishing(flavour), trial }));
      expect(reason).toMatch(
        /^version 1\.0\.0 is committed; version 1\.1\.0 was rolled back: nobody committed it within /,
      );
      await noted(device, "nobody committed it");
    }),
  );

  onSystemd(`${flavour.name}: a candidate whose health check passes is committed`, () =>
    story(async (device) => {
      const health = { command: ["/bin/sh", "-c", "test -e /well"], passes: 2, interval: "500ms" };
      const trial = { commit: "ready", timeout: "10m", health } as const;
      await install(device, await busyboxImage("1.1.0", { ...wishing(flavour), trial }));
      await device.reboot();
      await runs(device, "1.1.0");
      expect(await state(device)).toBe("trying");
      await device.mustInside("edge", ["/bin/sh", "-c", "echo >/well"]);
      await device.until("it is committed", ["hostctl", "container", "status"], ({ stdout }) =>
        stdout.startsWith("normal\n"),
      );
      await device.reboot();
      await runs(device, "1.1.0");
    }),
  );

  onSystemd(`${flavour.name}: a trial without a reboot of the host, which a reboot takes back`, () =>
    story(async (device) => {
      const before = await bootId(device);
      await install(device, await busyboxImage("1.1.0", wishing(flavour)));
      expect(await succeeded(hostctl(device, "container", "try"))).toBe("OK\n");
      await runs(device, "1.1.0");
      expect(await state(device)).toBe("trying");
      expect(await bootId(device)).toBe(before);
      await device.reboot();
      await runs(device, "1.0.0");
      await install(device, await busyboxImage("1.2.0", wishing(flavour)));
      expect(await succeeded(hostctl(device, "container", "try"))).toBe("OK\n");
      await runs(device, "1.2.0");
      expect(await succeeded(hostctl(device, "container", "commit"))).toBe("OK\n");
      await device.reboot();
      await runs(device, "1.2.0");
    }),
  );
}
