// What many stories begin with: a step that has to work, told by its name.
import type { Device } from "./device.ts";
import type { Image } from "./images.ts";
import type { Answer } from "./run.ts";

/** Fails with all that was said, where the step did not work. */
export function worked<Ended extends Pick<Answer, "exitCode" | "stdout"> & { stderr?: string }>(answer: Ended): Ended {
  if (answer.exitCode !== 0) {
    throw new Error(`Cannot go on: exit code ${answer.exitCode}: ${answer.stdout}${answer.stderr ?? ""}`);
  }
  return answer;
}

export async function install(device: Device, image: Image, container?: string): Promise<void> {
  const name = container === undefined ? [] : ["--name", container];
  worked(await device.hostctl("container", "install", image.config, image.rootfs, ...name));
}

/** Installed, booted and committed. */
export async function runImage(device: Device, image: Image, container?: string): Promise<void> {
  await install(device, image, container);
  await device.reboot();
  worked(await device.hostctl("container", "commit", ...(container === undefined ? [] : ["--name", container])));
}

/** Installed and booted, not committed. */
export async function tryImage(device: Device, image: Image): Promise<void> {
  await install(device, image);
  await device.reboot();
}
