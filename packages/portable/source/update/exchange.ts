// From what is attached to what is to be. portabled's own exchange takes the old one away first and leaves nothing where it fails, so that
// afterwards the files are looked at: either the new one is there whole, or the old one is put back by force.
import { readAttached } from "../attachments/attached.ts";
import { removeLeftovers, removeStaleLink } from "../attachments/leftovers.ts";
import { PortableError } from "../error.ts";
import type { Host, Target } from "./target.ts";

/** What of a service is attached, where all of it is ours: one image, or nothing. */
export async function attachedImage(
  root: string,
  service: string,
  ours: readonly (string | undefined)[],
): Promise<{ image: string; profile: string | undefined; units: readonly string[] } | undefined> {
  const images = (await readAttached(root)).find((found) => found.service === service)?.images ?? [];
  const foreign = images.find(({ image, isRuntime }) => !isRuntime || !ours.includes(image));
  if (foreign !== undefined) {
    const message = `Cannot change "${service}": "${foreign.image}" is attached, which is no image of ours; detach it (portablectl detach) or choose another name`;
    throw new PortableError("foreign", message);
  }
  if (images.length > 1) {
    const message = `Cannot change "${service}": ${images.map(({ image }) => `"${image}"`).join(" and ")} are attached at once; detach it (hostctl portable detach ${service}) and attach it again`;
    throw new PortableError("foreign", message);
  }
  return images[0];
}

/**
 * Attaches `to` instead of `from`, and has systemd read it; nothing is stopped or started. When it throws, `from` is attached as it was, or
 * the error says that it could not be.
 */
export async function exchange(host: Host, { from, to }: { from: Target | undefined; to: Target }): Promise<void> {
  await removeStaleLink(host.root, to.image);
  const before = await attachedImage(host.root, to.service, [from?.image, to.image]);
  try {
    await (before === undefined ? host.portabled.attach(to) : host.portabled.reattach(to));
  } catch (error) {
    await settle(host, error);
    const after = await whatIsThere(host.root, to);
    if (after === "whole") {
      await host.systemd.reload();
      return;
    }
    if (from === undefined) {
      await removeLeftovers(host.root, to.image);
      await host.systemd.reload();
    } else if (before?.image !== from.image || !(await isUntouched(host.root, from))) await restore(host, { from, to });
    throw error;
  }
  await host.systemd.reload();
}

/** Puts `from` back by force, over nothing: the processes that run are its own still. */
export async function restore(host: Host, { from, to }: { from: Target; to: Target | undefined }): Promise<void> {
  if (to !== undefined && to.image !== from.image) await removeLeftovers(host.root, to.image);
  await removeLeftovers(host.root, from.image);
  await removeStaleLink(host.root, from.image);
  await host.portabled.attach(from, { force: true });
  await host.systemd.reload();
}

const portabledUnit = "systemd-portabled.service";

/** A call that nobody answered may be carried out later: its server is ended, so that what lies there is what stays. */
async function settle(host: Host, error: unknown): Promise<void> {
  if (!(error instanceof PortableError) || !error.isUncertain) return;
  const view = await host.systemd.view(portabledUnit);
  if (view.mainPid !== 0) await host.systemd.kill(portabledUnit).catch(() => undefined);
  await host.systemd.run("StopUnit", portabledUnit);
}

async function whatIsThere(root: string, to: Target): Promise<"whole" | "part" | "nothing"> {
  const images = (await readAttached(root)).find(({ service }) => service === to.service)?.images ?? [];
  const found = images.find(({ image }) => image === to.image);
  if (found === undefined) return "nothing";
  return to.units.every((unit) => found.units.includes(unit)) && images.length === 1 ? "whole" : "part";
}

async function isUntouched(root: string, from: Target): Promise<boolean> {
  return (await whatIsThere(root, from)) === "whole";
}
