// An image on its way into a slot. The lock is held from before the first byte until `complete` or `abandon`, and a child
// that writes inherits it, so that an orphan never writes beside a later daemon.
import { join } from "node:path";
import { replaceFile } from "@host-service/disk";
import type { Lock } from "@host-service/disk";
import { repairCommitted } from "./committed.ts";
import { hideContainer } from "./container.ts";
import { allocateIds, forgetIds } from "./ids/allocate-ids.ts";
import type { IdRange } from "./ids/id-range.ts";
import type { Ledger } from "./ledger.ts";
import type { SlotManifest } from "./manifest.ts";
import { nextRecord } from "./record.ts";
import type { BootRecord } from "./record.ts";
import { readRecord, writeRecord } from "./record-file.ts";
import { clearSlot, lookIntoSlots, sealSlot } from "./slot.ts";
import { normalOrEmpty, referencesOf } from "./state.ts";
import type { SlotName, SlotReference, State, Transition } from "./state.ts";
import { reportOf } from "./status.ts";
import type { StatusReport } from "./status.ts";

export interface Staging {
  readonly slot: SlotName;
  readonly slotDirectory: string;
  /** Empty; becomes the root of the container. Who fills it syncs it (syncfs) before `complete`. */
  readonly rootfs: string;
  /** Empty; the same holds. */
  readonly metaDirectory: string;
  /** For the child that writes: it inherits this descriptor and with it the lock. */
  readonly lockFd: number;
  /** Sentences for a person, such as that a candidate was dropped. */
  readonly warnings: readonly string[];
  /** The ids of the container, for the owners in its root; durable when it answers, and the same for all of its images. */
  allocateIds(): Promise<IdRange>;
  /** A file of the slot itself, such as "config.yaml"; durable when it answers. */
  writeFile(name: string, contents: string | Uint8Array): Promise<void>;
  /** Seals the slot and turns the record to it. When it fails, `abandon` is still to be called. */
  complete(manifest: SlotManifest): Promise<StatusReport>;
  /** Leaves no byte behind; does nothing after `complete`. Ends what was begun, also after a failed `complete`. */
  abandon(): Promise<void>;
}

export interface StagingPlan {
  ledger: Ledger;
  lock: Lock;
  slot: SlotName;
  /** The durable record, which does not refer to the slot; undefined before the first one. */
  base: BootRecord | undefined;
  warnings: readonly string[];
  /** Whether the container came into being for this, and goes when it fails. */
  isNew: boolean;
  /** The state that a sealed slot leads to. */
  finish: (state: State, reference: SlotReference) => Transition;
}

export function openStaging(plan: StagingPlan): Staging {
  const { ledger, slot } = plan;
  const slotDirectory = ledger.place.slot(slot);
  let open = true;
  let gaveIds = false;
  const close = () => {
    open = false;
    plan.lock.release();
  };
  return {
    slot,
    slotDirectory,
    rootfs: join(slotDirectory, "rootfs"),
    metaDirectory: join(slotDirectory, "meta"),
    lockFd: plan.lock.fd,
    warnings: plan.warnings,
    async allocateIds() {
      const { ids, isNew } = await allocateIds(ledger);
      gaveIds ||= isNew;
      return ids;
    },
    writeFile: (name, contents) => replaceFile(ledger.disk, join(slotDirectory, name), contents),
    async complete(manifest) {
      if (!open) throw new Error("Invariant: a staging was completed after its end");
      const report = await completeStaging(plan, manifest);
      close();
      return report;
    },
    async abandon() {
      if (!open) return;
      try {
        await abandonStaging(plan, { gaveIds });
      } finally {
        close();
      }
    },
  };
}

async function completeStaging(plan: StagingPlan, manifest: SlotManifest): Promise<StatusReport> {
  const { disk, place, bootId, now } = plan.ledger;
  await sealSlot(disk, place, { slot: plan.slot, manifest });
  const contents = await lookIntoSlots(disk, place);
  const reference = { slot: plan.slot, imageId: manifest.imageId };
  if (contents.manifestOf(reference) === undefined)
    throw new Error(`Invariant: slot ${plan.slot} was sealed with a manifest that cannot be read`);
  const transition = plan.finish(plan.base?.state ?? { name: "empty" }, reference);
  const record = nextRecord(plan.base, transition, { bootId, now: now(), subject: contents });
  // The point of no return.
  await writeRecord(disk, place, record);
  await repairCommitted(disk, place, record.state);
  return reportOf(record, contents, bootId);
}

async function abandonStaging(plan: StagingPlan, { gaveIds }: { gaveIds: boolean }): Promise<void> {
  const { disk, place } = plan.ledger;
  if (plan.isNew) {
    await disk.removeTree(await hideContainer(disk, place));
    return;
  }
  await forgetStaged(plan);
  await clearSlot(disk, place, plan.slot);
  if (gaveIds) await forgetIds(plan.ledger);
}

/** A record that failed to become durable may still be there, and refer to the slot that is going to be cleared. */
async function forgetStaged(plan: StagingPlan): Promise<void> {
  const { disk, place, bootId, now } = plan.ledger;
  const found = await readRecord(disk, place);
  if (found.kind !== "record") return;
  if (!referencesOf(found.record.state).some((reference) => reference.slot === plan.slot)) return;
  const state = plan.base?.state ?? normalOrEmpty(undefined);
  const subject = await lookIntoSlots(disk, place);
  await writeRecord(disk, place, nextRecord(plan.base, { state }, { bootId, now: now(), subject }));
  await repairCommitted(disk, place, state);
}
