import { lockFile } from "@host-service/disk";
import type { Disk } from "@host-service/disk";
import { readCommitted } from "./committed.ts";
import { isLeftover, makeContainerDirectory } from "./container.ts";
import { refused } from "./error.ts";
import { etcDirectoryDefault, lockLedger } from "./ledger.ts";
import type { Ledger, TakeLock } from "./ledger.ts";
import { placeOf } from "./place.ts";
import { readRecord } from "./record-file.ts";
import { clearSlot, prepareSlot } from "./slot.ts";
import { openStaging } from "./staging.ts";
import type { Staging } from "./staging.ts";
import type { SlotReference, State, Transition } from "./state.ts";

export interface SeedOptions {
  disk: Disk;
  /** `<state_dir>/containers/<name>`, by `containerDirectory`. */
  directory: string;
  now: () => Date;
  takeLock?: TakeLock;
  etcDirectory?: string;
}

/** The boot of a seeded record: none, so that the first hook on the device resolves it. */
const noBoot = "";

/** Makes the first, committed image of a container while the host's own image is built. Refused where there is one. */
export async function seedSlot(options: SeedOptions): Promise<Staging> {
  const { disk, now } = options;
  const place = placeOf(options.directory);
  const { takeLock = lockFile, etcDirectory = etcDirectoryDefault } = options;
  const ledger: Ledger = { disk, place, bootId: noBoot, now, takeLock, etcDirectory };
  await makeContainerDirectory(disk, place);
  const lock = await lockLedger(ledger);
  try {
    if (await hasImage(ledger)) {
      const message = `Cannot seed "${place.name}": it has an image already; remove "${place.directory}" to begin anew`;
      throw refused("exists", message);
    }
  } catch (error) {
    lock.release();
    throw error;
  }
  const staging = openStaging({ ledger, lock, slot: "a", base: undefined, warnings: [], isNew: true, finish: seeded });
  try {
    await clearSlot(disk, place, "a");
    await prepareSlot(disk, place, "a");
  } catch (error) {
    await staging.abandon();
    throw error;
  }
  return staging;
}

async function hasImage(ledger: Ledger): Promise<boolean> {
  const { disk, place } = ledger;
  if ((await readRecord(disk, place)).kind !== "missing") return true;
  return (await readCommitted(disk, place)) !== undefined || !(await isLeftover(disk, place));
}

function seeded(_: State, active: SlotReference): Transition {
  return {
    state: { name: "normal", active },
    ending: { result: "committed", reference: active, why: "seeded with the host's image" },
  };
}
