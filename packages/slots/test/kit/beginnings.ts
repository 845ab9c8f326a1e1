// Where a crash can begin: every state that a device can be in, reached on a disk in memory by the steps that lead there.
import { join } from "node:path";
import { CrashDisk } from "@host-service/disk/crash-disk";
import { device, freeLock } from "./device.ts";
import type { Device } from "./device.ts";

export const root = "/device";

export function edgeOn(disk: CrashDisk): Device {
  return device(disk, root, { takeLock: freeLock });
}

/** Nothing runs that would have to be stopped. */
const nothing = async () => {};

type Step = (edge: Device) => Promise<unknown>;

const committed: Step[] = [(edge) => edge.seed("1.0.0"), (edge) => edge.hook("boot-1")];
const firstPending: Step[] = [(edge) => edge.install("boot-1", "1.1.0")];
const pending: Step[] = [...committed, (edge) => edge.install("boot-1", "1.1.0")];
const trying: Step[] = [...pending, (edge) => edge.hook("boot-2")];
const withPrevious: Step[] = [...trying, (edge) => edge.slots("boot-2").commit()];
const nonsense: Step = async (edge) => {
  await edge.disk.unlink(join(edge.directory, "record.json"));
  await edge.disk.create(join(edge.directory, "record.json"), "{");
};
/** As a daemon leaves it that died between the record and the link. */
const lag =
  (target: string): Step =>
  async (edge) => {
    await edge.disk.unlink(join(edge.directory, "committed"));
    await edge.disk.link(target, join(edge.directory, "committed"));
  };

/** Each with the boot in which its daemon runs. */
export const beginnings: Record<string, { boot: string; steps: Step[] }> = {
  nothing: { boot: "boot-1", steps: [] },
  empty: { boot: "boot-1", steps: [...firstPending, (edge) => edge.slots("boot-1").rollback()] },
  normal: { boot: "boot-1", steps: committed },
  "normal with previous": { boot: "boot-2", steps: withPrevious },
  "normal with previous, the link lags": { boot: "boot-2", steps: [...withPrevious, lag("slots/a")] },
  "pending, the first": { boot: "boot-1", steps: firstPending },
  pending: { boot: "boot-1", steps: pending },
  "trying, the first": { boot: "boot-2", steps: [...firstPending, (edge) => edge.hook("boot-2")] },
  trying: { boot: "boot-2", steps: trying },
  "trying with a boot left": {
    boot: "boot-2",
    steps: [...committed, (edge) => edge.install("boot-1", "1.1.0", 2), (edge) => edge.hook("boot-2")],
  },
  "rollback, the first": {
    boot: "boot-2",
    steps: [...firstPending, (edge) => edge.hook("boot-2"), (edge) => edge.slots("boot-2").rollback()],
  },
  "rollback of a trial": { boot: "boot-2", steps: [...trying, (edge) => edge.slots("boot-2").rollback()] },
  "rollback to the previous": { boot: "boot-2", steps: [...withPrevious, (edge) => edge.slots("boot-2").rollback()] },
  "rollback to the previous, the link lags": {
    boot: "boot-2",
    steps: [...withPrevious, (edge) => edge.slots("boot-2").rollback(), lag("slots/b")],
  },
  "a record that makes no sense": { boot: "boot-2", steps: [...trying, nonsense] },
  "no record": { boot: "boot-2", steps: [...trying, (edge) => edge.disk.unlink(join(edge.directory, "record.json"))] },
};

export async function begin(name: string): Promise<CrashDisk> {
  const disk = new CrashDisk();
  await disk.makeDirectory(root);
  await disk.makeDirectory(join(root, "state"));
  await leadTo(name, edgeOn(disk));
  disk.settle();
  return disk;
}

export async function leadTo(name: string, edge: Device): Promise<void> {
  for (const step of beginnings[name]?.steps ?? []) await step(edge);
}

/** What can happen to a device in a boot. What the state table refuses changes nothing, and is enumerated all the same. */
export const events: Record<string, (edge: Device, boot: string) => Promise<unknown>> = {
  install: (edge, boot) => edge.install(boot, "1.2.0"),
  "install the same again": (edge, boot) => edge.install(boot, "1.1.0"),
  "failed install": async (edge, boot) => (await edge.slots(boot).stage()).abandon(),
  commit: (edge, boot) => edge.slots(boot).commit(),
  rollback: (edge, boot) => edge.slots(boot).rollback(),
  try: (edge, boot) => edge.slots(boot).tryCandidate(nothing),
  "end trial": (edge, boot) => edge.slots(boot).endTrial({ result: "failed", why: "it ended 3 times" }, nothing),
  remove: (edge, boot) => edge.slots(boot).remove(),
  boot: (edge) => edge.hook("boot-between"),
  seed: (edge) => edge.seed("1.2.0"),
};
