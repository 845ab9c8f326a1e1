// What the record says is made true: after a boot nothing is attached, and after a cut in the middle of a change anything may be.
import type { Slots } from "@host-service/slots";
import { attachedImage } from "../update/exchange.ts";
import { isOfAnotherImage } from "../update/process.ts";
import { startAnew } from "../update/run-units.ts";
import type { Host, Target } from "../update/target.ts";
import { attachAndStart, detach } from "../update/update.ts";
import { watch } from "../update/watch.ts";
import type { Dwell } from "../update/watch.ts";
import type { SlotImages } from "./slot-images.ts";

const nothingToStop = async () => {};

export async function reconcile(
  { host, dwell }: { host: Host; dwell: Dwell },
  { name, slots, images }: { name: string; slots: Slots; images: SlotImages },
): Promise<void> {
  const status = await slots.status();
  if (!status.resolved) return;
  const all = await images.all();
  const paths = all.map(({ image }) => image);
  const attached = await attachedImage(host.root, name, paths);
  const running = await images.of(status.running);
  const next = await images.of(status.nextBoot);
  if (status.state === "trying" && attached?.image !== running?.image) {
    // A trial lives in one boot, so this is the one in which it was begun: whatever was cut off, the way back is what holds.
    if (next !== undefined) await attachAndStart(host, { from: running, to: next }, dwell);
    const why = "the change was interrupted before the image was attached";
    await slots.endTrial({ result: "failed", why }, nothingToStop);
    return;
  }
  if (status.state === "rollback") {
    if (next !== undefined) await attachAndStart(host, { from: running, to: next }, dwell);
    else if (running !== undefined) await detach(host, running);
    await slots.endRollback(nothingToStop);
    return;
  }
  if (running === undefined) return;
  const from = all.find(({ image }) => image !== running.image);
  if (attached?.image !== running.image) await attachAndStart(host, { from, to: running }, dwell);
  else if (status.state === "trying") await finishTrial({ host, dwell }, slots, { from: next, to: running });
  else if (await isLeftBehind(host, running)) await startAnew(host, running, running.starts);
}

/** The new version is attached, and whether it was started and seen to stay is not known. */
async function finishTrial(
  { host, dwell }: { host: Host; dwell: Dwell },
  slots: Slots,
  { from, to }: { from: Target | undefined; to: Target },
): Promise<void> {
  try {
    if (await isLeftBehind(host, to)) await startAnew(host, to, to.starts);
    await watch(host, to, dwell);
  } catch (error) {
    if (from === undefined) await detach(host, to);
    else await attachAndStart(host, { from: to, to: from }, dwell);
    const why = error instanceof Error ? error.message : String(error);
    await slots.endTrial({ result: "failed", why }, nothingToStop);
    throw error;
  }
}

/** Whether a unit of it does not run, or still runs from another image, as after a cut between the attachment and the start. */
async function isLeftBehind(host: Host, { image, starts }: Target): Promise<boolean> {
  await host.systemd.reload();
  for (const unit of starts) {
    const { activeState, type, mainPid } = await host.systemd.view(unit);
    if (activeState === "inactive" && type !== "oneshot") return true;
    if (await isOfAnotherImage(host.root, mainPid, image)) return true;
  }
  return false;
}
