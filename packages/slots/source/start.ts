// The last step of the hook: `.current`, and what the report says of it.
import type { ContainerBoot } from "./boot-report.ts";
import { pointCurrent, startedInBoot } from "./current.ts";
import type { CurrentPlace } from "./current.ts";
import type { Place } from "./place.ts";
import type { SlotContents } from "./slot.ts";
import { runningOf } from "./state.ts";
import type { SlotReference, State } from "./state.ts";
import { summarise } from "./status.ts";

export type Starting = Pick<ContainerBoot, "did" | "problem" | "outcome"> & { state: State; contents: SlotContents };

/** What `.current` points to is what the runtime starts. */
export async function start(
  context: CurrentPlace & { place: Place },
  { state, contents, ...what }: Starting,
): Promise<ContainerBoot> {
  const running = runningOf(state);
  const bootable = running !== undefined && contents.manifestOf(running) !== undefined;
  await pointCurrent(context, bootable ? context.place.slot(running.slot) : undefined);
  const report: ContainerBoot = { name: context.name, state: state.name, failed: false, ...what };
  if (running === undefined) return report;
  report.running = summarise(running, contents);
  if (bootable) return report;
  const problem = `Cannot start "${context.name}": slot ${running.slot} does not hold its image any more; roll back or install another`;
  return { ...report, failed: true, problem };
}

/** The image that an earlier hook of this boot has started, if any. */
export async function startedImage(
  context: CurrentPlace & { place: Place },
  contents: SlotContents,
): Promise<SlotReference | undefined> {
  const started = await startedInBoot(context);
  const slot = (["a", "b"] as const).find((name) => started?.slotDirectory === context.place.slot(name));
  const imageId = slot === undefined ? undefined : contents.inSlot(slot)?.imageId;
  return slot === undefined || imageId === undefined ? undefined : { slot, imageId };
}
