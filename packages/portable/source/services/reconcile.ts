// What the record says is made true: after a boot nothing is attached, and after a cut in the middle of a change anything may be.
import type { Slots } from "@host-service/slots";
import { attachedImage } from "../update/exchange.ts";
import type { Host } from "../update/target.ts";
import { attachAndStart, detach } from "../update/update.ts";
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
  if (running === undefined || attached?.image === running.image) return;
  const other = all.find(({ image }) => image !== running.image);
  await attachAndStart(host, { from: other, to: running }, dwell);
}
