// Power cuts and rollbacks in every state of a container that runs, each followed by what the next boot starts.
import { expect } from "bun:test";
import { flavours, granting, wishing } from "./kit/flavours.ts";
import { hostctl, install, runs, seed, state, succeeded, why } from "./kit/edge.ts";
import type { ContainerImage } from "./kit/images.ts";
import { busyboxImage } from "./kit/images.ts";
import type { SystemdDevice } from "./kit/device.ts";
import { onDevice, onSystemd } from "./kit/story.ts";

const said = (device: SystemdDevice, ...words: string[]) => succeeded(hostctl(device, "container", ...words));

/** The way from version 1.0.0, committed, into each state, with version 1.1.0 as the other one. */
const waysInto: Record<string, (device: SystemdDevice, image: ContainerImage) => Promise<unknown>> = {
  normal: () => Promise.resolve(),
  pending: (device, image) => install(device, image),
  trying: async (device, image) => {
    await install(device, image);
    await device.reboot();
    await runs(device, "1.1.0");
  },
  rollback: async (device, image) => {
    await install(device, image);
    await device.reboot();
    await runs(device, "1.1.0");
    expect(await said(device, "rollback")).toBe("OK\n");
  },
};

interface After {
  state: string;
  runs: string;
  why: string;
}

/** What a power cut in that state makes of it. */
const afterCuts: Record<string, After> = {
  normal: { state: "normal", runs: "1.0.0", why: "version 1.0.0 is committed" },
  pending: {
    state: "trying",
    runs: "1.1.0",
    why: "version 1.1.0 is on trial; a reboot without a commit goes back to version 1.0.0",
  },
  trying: {
    state: "normal",
    runs: "1.0.0",
    why: "version 1.0.0 is committed; version 1.1.0 was rolled back: rebooted without commit",
  },
  rollback: {
    state: "normal",
    runs: "1.0.0",
    why: "version 1.0.0 is committed; version 1.1.0 was rolled back: asked for",
  },
};

for (const flavour of flavours) {
  const story = async (tell: (device: SystemdDevice, next: ContainerImage) => Promise<void>) => {
    const first = await busyboxImage("1.0.0", wishing(flavour));
    const next = await busyboxImage("1.1.0", wishing(flavour));
    await onDevice({ configuration: granting(flavour), prepare: (device) => seed(device, first) }, async (device) => {
      await runs(device, "1.0.0");
      await tell(device, next);
    });
  };

  for (const [name, after] of Object.entries(afterCuts)) {
    onSystemd(`${flavour.name}: a power cut in the state ${name} leaves a container that runs`, () =>
      story(async (device, next) => {
        await waysInto[name]?.(device, next);
        expect(await state(device)).toBe(name);
        await device.cut();
        await device.boot();
        await runs(device, after.runs);
        expect({ ...after, state: await state(device), why: await why(device) }).toEqual(after);
      }),
    );
  }

  onSystemd(`${flavour.name}: a rollback is what each state makes of it`, () =>
    story(async (device, next) => {
      expect((await hostctl(device, "container", "rollback")).exitCode).toBe(4);

      await waysInto["pending"]?.(device, next);
      expect(await said(device, "rollback")).toBe("OK\n");
      expect(await state(device)).toBe("normal");
      await device.reboot();
      await runs(device, "1.0.0");

      await waysInto["rollback"]?.(device, next);
      expect(await said(device, "rollback")).toBe("OK\n");
      expect(await state(device)).toBe("rollback");
      await device.reboot();
      await runs(device, "1.0.0");

      // And back to what was committed before the last commit.
      await waysInto["trying"]?.(device, next);
      expect(await said(device, "commit")).toBe("OK\n");
      expect(await said(device, "rollback")).toBe("OK\n");
      await device.reboot();
      await runs(device, "1.0.0");
      expect(await state(device)).toBe("normal");
    }),
  );
}
