import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BootLoader, type InstalledImage, UpgradeError } from "../../source/index.ts";
import { toolInstaller, type ToolInstall } from "../../source/tools/tool-installer.ts";
import { bootEnvironment } from "./kit/boot-environment.ts";
import { inPlace, recorded, withSource } from "./kit/place.ts";

const action = "Cannot install the thing";
const image: InstalledImage = { imageId: "sha256:0", bytes: 10, warnings: [] };

interface Steps {
  run?: (install: ToolInstall<undefined>) => Promise<InstalledImage>;
  device?: string;
  loader?: Partial<BootLoader>;
}

/** An install of ten bytes into slot "b", over a boot environment in a text file that says that "a" runs. */
function installOf({ run = async () => image, device, loader = {} }: Steps) {
  return inPlace(async (directory) => {
    const at = (name: string) => join(directory, name);
    writeFileSync(at("file"), "0123456789");
    const environment = bootEnvironment(directory);
    const { options, progress } = recorded();
    const installer = toolInstaller<undefined, InstalledImage>({
      action,
      armsItself: false,
      bootLoader: { ...environment, ...loader },
      check: async () => undefined,
      deviceOf: async () => device ?? at("file"),
      run: (install) => (run === undefined ? Promise.resolve(image) : run({ ...install })),
    });
    const work = withSource(at("file"), (source) => installer.install(source, undefined, options));
    const outcome = await work.then(
      (value) => ({ value }),
      (error: unknown) => (error instanceof UpgradeError ? { kind: error.kind, message: error.message } : { error }),
    );
    return { outcome, bytes: progress.map(({ bytes }) => bytes), view: await environment.view() };
  });
}

test("toolInstaller tells rising bytes below the end, and the end when the image is on the device", async () => {
  const run = async ({ onBytes }: ToolInstall<undefined>) => {
    for (const bytes of [0, 3, 3, 2, 9, 10, 11]) onBytes(bytes);
    return image;
  };
  expect(await installOf({ run })).toEqual({
    outcome: { value: image },
    bytes: [0, 3, 9, 10],
    view: { booted: "a", next: "a", isTrial: false },
  });
});

test("toolInstaller returns to the slot that runs, whatever goes wrong and however late", async () => {
  const failure = new UpgradeError("backend", `${action}: it failed`);
  const settled = { booted: "a", next: "a", isTrial: false };
  const failed = await installOf({ run: () => Promise.reject(failure) });
  expect(failed).toEqual({ outcome: { kind: "backend", message: failure.message }, bytes: [], view: settled as never });
  const lost = await installOf({ device: "/nowhere/device" });
  expect({ ...lost, outcome: { ...lost.outcome, message: "" } }).toEqual({
    outcome: { kind: "io", message: "" },
    bytes: [],
    view: settled as never,
  });
});

test("toolInstaller says both when it cannot return either", async () => {
  const { outcome } = await installOf({
    run: () => Promise.reject(new UpgradeError("stalled", `${action}: it hangs`)),
    loader: { returnTo: () => Promise.reject(new UpgradeError("backend", "Cannot return: nobody answers")) },
  });
  expect(outcome).toEqual({
    kind: "boot-environment",
    message: `${action}: it hangs; and then: Cannot return: nobody answers`,
  });
});

test("toolInstaller begins nothing while the slot runs, or while it is not known which does", async () => {
  const run = () => Promise.reject(new Error("it ran"));
  const view = (booted: "a" | "b" | undefined) => ({ view: async () => ({ booted, next: booted, isTrial: false }) });
  const { outcome: itself } = await installOf({ run, loader: view("b") });
  expect(itself).toEqual({ kind: "device", message: `${action}: slot b is the one that runs` });
  const { outcome: unknown } = await installOf({ run, loader: view(undefined) });
  expect(unknown).toEqual({ kind: "unknown-slot", message: `${action}: it is not known which slot runs` });
});
