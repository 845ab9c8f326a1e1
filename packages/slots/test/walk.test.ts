import { expect, test } from "bun:test";
import { picture, withDevice } from "./kit/device.ts";
import type { Device } from "./kit/device.ts";

/** The life of a container, as a person would tell it; after each step what lies on the disk. */
const steps: [string, (device: Device) => Promise<unknown>][] = [
  ["install 1.0.0 (boot 1)", (device) => device.install("boot-1", "1.0.0")],
  ["reboot (boot 2)", (device) => device.hook("boot-2")],
  ["commit", (device) => device.slots("boot-2").commit()],
  ["install 1.1.0", (device) => device.install("boot-2", "1.1.0")],
  ["reboot (boot 3)", (device) => device.hook("boot-3")],
  ["reboot without commit (boot 4)", (device) => device.hook("boot-4")],
  [
    "install 1.2.0, then 1.3.0 over it",
    async (device) => {
      await device.install("boot-4", "1.2.0");
      await device.install("boot-4", "1.3.0", 2);
    },
  ],
  ["try it now", (device) => device.slots("boot-4").tryCandidate(async () => {})],
  ["reboot, as its trial has 2 boots (boot 5)", (device) => device.hook("boot-5")],
  ["commit, expecting 1.3.0", (device) => device.slots("boot-5").commit({ expect: "1.3.0" })],
  ["roll back to the previous one", (device) => device.slots("boot-5").rollback()],
  ["call it off", (device) => device.slots("boot-5").commit()],
  ["roll back after all", (device) => device.slots("boot-5").rollback()],
  ["reboot (boot 6)", (device) => device.hook("boot-6")],
  [
    "install 1.4.0 and try it, then end its trial in this boot",
    async (device) => {
      await device.install("boot-6", "1.4.0");
      await device.slots("boot-6").tryCandidate(async () => {});
      await device.slots("boot-6").endTrial({ result: "failed", why: "it ended 3 times" }, async () => {});
    },
  ],
  ["remove", (device) => device.slots("boot-6").remove()],
];

test("the disk after every step of a container's life", async () => {
  const golden = Bun.file(new URL("golden/walk.txt", import.meta.url));
  const lines: string[] = [];
  await withDevice(async (device) => {
    for (const [name, step] of steps) {
      await step(device);
      const short = (await picture(device)).map((line) => `  ${line.replace("state/containers/edge", "edge")}`);
      lines.push(name, ...short, "");
    }
  });
  const text = lines.join("\n");
  if (process.env["UPDATE_GOLDEN"] === "1") await Bun.write(golden, text);
  expect(text).toBe(await golden.text());
});
