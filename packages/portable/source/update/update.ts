// Knows the order of an update: exchange, start, watch; and of the way back when one of them fails. Who calls has written into the record what
// is going to be tried, before the first change.
import { PortableError } from "../error.ts";
import { attachedImage, exchange, restore } from "./exchange.ts";
import { runningOf, startAnew, stop } from "./run-units.ts";
import type { Host, Target } from "./target.ts";
import { watch } from "./watch.ts";
import type { Dwell } from "./watch.ts";

/** When it throws, `from` runs again, or nothing does where there was none; an error of the way back is told with it. */
export async function update(
  host: Host,
  { from, to }: { from: Target | undefined; to: Target },
  dwell: Dwell,
): Promise<void> {
  const ranBefore = await runningOf(host, [...new Set([...(from?.units ?? []), ...to.units])]);
  await exchange(host, { from, to });
  try {
    await startAnew(host, to, ranBefore);
    await watch(host, to, dwell);
  } catch (error) {
    await goBack(host, { from, to }, { error, dwell });
    throw error;
  }
}

async function goBack(
  host: Host,
  { from, to }: { from: Target | undefined; to: Target },
  { error, dwell }: { error: unknown; dwell: Dwell },
): Promise<void> {
  const why = error instanceof Error ? error.message : String(error);
  try {
    if (from === undefined) await detach(host, to);
    else await attachAndStart(host, { from: to, to: from }, dwell);
  } catch (further) {
    const more = further instanceof Error ? further.message : String(further);
    const message = `${why}. Cannot go back either: ${more}`;
    throw new PortableError("not-active", message, { cause: further });
  }
}

/** Has `to` attached and running, whatever of the two is attached now, if any. */
export async function attachAndStart(
  host: Host,
  { from, to }: { from: Target | undefined; to: Target },
  dwell: Dwell,
): Promise<void> {
  const units = [...new Set([...(from?.units ?? []), ...to.units])];
  const ranBefore = await runningOf(host, units);
  const attached = await attachedImage(host.root, to.service, [from?.image, to.image]);
  if (attached === undefined) await restore(host, { from: to, to: from });
  else await exchange(host, { from, to });
  await startAnew(host, to, ranBefore);
  await watch(host, to, dwell);
}

/** Stops and detaches exactly this image; fine where it is not attached. */
export async function detach(host: Host, target: Target): Promise<void> {
  const attached = await attachedImage(host.root, target.service, [target.image]);
  if (attached === undefined) return;
  await stop(host, await runningOf(host, [...new Set([...target.units, ...attached.units])]));
  await host.portabled.detach(target.image);
  await host.systemd.reload();
}
