// The container "edge" on a device: what the stories do in it and ask about it.
import { copyFile } from "node:fs/promises";
import type { Answer } from "../../kit/run.ts";
import { until } from "../../kit/until.ts";
import type { SystemdDevice } from "./device.ts";
import type { ContainerImage } from "./images.ts";

const name = "edge";
export const edgeUnit = `host-service-container@${name}.service`;
const startTimeMaxMs = 60_000;

/** `hostctl` of the host. */
export function hostctl(device: SystemdDevice, ...words: string[]): Promise<Answer> {
  return device.run(["hostctl", ...words]);
}

/** `/host/hostctl` in the container. */
export function hostctlInside(device: SystemdDevice, ...words: string[]): Promise<Answer> {
  return device.inside(name, ["/host/hostctl", ...words]);
}

export async function succeeded(answer: Promise<Answer>): Promise<string> {
  const { stdout, stderr, exitCode } = await answer;
  if (exitCode === 0) return stdout;
  throw new Error(`Cannot go on: it ended with ${exitCode}: ${stdout}${stderr}`);
}

/** Installs from the host, by paths. */
export async function install(device: SystemdDevice, image: ContainerImage): Promise<string> {
  return await succeeded(hostctl(device, "container", "install", ...(await put(device, image))));
}

/** Makes the first, committed slot, as an image builder does: before the device was ever on. */
export async function seed(device: SystemdDevice, image: ContainerImage): Promise<void> {
  await device.chroot(["host-service", "seed", ...(await put(device, image))]);
}

/** Copies the files onto the device; their paths there. */
export async function put(device: SystemdDevice, { config, rootfs }: ContainerImage): Promise<string[]> {
  const paths = ["/srv/config.yaml", `/srv/rootfs${rootfs.slice(rootfs.indexOf(".tar"))}`];
  await device.put(config, paths[0] ?? "");
  await device.put(rootfs, paths[1] ?? "");
  return paths;
}

/** Installs with the container's own hostctl, out of files that only the container has. */
export async function installInside(device: SystemdDevice, image: ContainerImage): Promise<string> {
  const leader = await device.leaderOf(name);
  const paths = ["/config.yaml", `/rootfs${image.rootfs.slice(image.rootfs.indexOf(".tar"))}`];
  await copyFile(image.config, `/proc/${leader}/root${paths[0]}`);
  await copyFile(image.rootfs, `/proc/${leader}/root${paths[1]}`);
  return await succeeded(hostctlInside(device, "container", "install", ...paths));
}

/** Waits until the container runs this version and reaches the daemon. */
export async function runs(device: SystemdDevice, version: string): Promise<void> {
  let said = "nothing";
  await until(
    `${name} runs version ${version}`,
    async () => {
      said = await lookInside(device);
      return said === `${version}\nOK\n`;
    },
    startTimeMaxMs,
  ).catch((error: unknown) => {
    throw new Error(`${error instanceof Error ? error.message : String(error)}; at last: ${said}`);
  });
}

async function lookInside(device: SystemdDevice): Promise<string> {
  if ((await device.leaderOf(name)) === undefined) return "it does not run";
  const script = `cat /etc/version && /host/hostctl ping`;
  return await device.inside(name, ["/bin/sh", "-c", script]).then(
    ({ stdout, stderr }) => stdout + stderr,
    // It ended between the two looks.
    (error: unknown) => String(error),
  );
}

/** The first line of `hostctl container status`. */
export async function state(device: SystemdDevice): Promise<string> {
  const { stdout } = await hostctl(device, "container", "status");
  return stdout.split("\n")[0] ?? "";
}

/** The line of the status that says why it is as it is. */
export async function why(device: SystemdDevice): Promise<string> {
  const { stdout } = await hostctl(device, "container", "status");
  return /^why:\s*(.*)$/m.exec(stdout)?.[1] ?? "";
}
