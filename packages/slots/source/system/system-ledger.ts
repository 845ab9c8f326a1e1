// The one writer of the system's record, and its only reader. Whoever changes it holds its lock, and finds it resolved in this boot.
import { dirname, join } from "node:path";
import { DiskError, lockFile } from "@host-service/disk";
import type { Disk, Lock } from "@host-service/disk";
import { SlotsError } from "../error.ts";
import type { TakeLock } from "../ledger.ts";
import { nextRecord } from "../record.ts";
import { readRecordAs, setAsideRecord, writeRecord } from "../record-file.ts";
import type { FoundRecord } from "../record-file.ts";
import type { State, Transition } from "../state.ts";
import { contentsOf, parseSystemRecord } from "./system-record.ts";
import type { SystemContents, SystemRecord } from "./system-record.ts";

export interface SystemLedgerOptions {
  disk: Disk;
  stateDirectory: string;
  bootId: string;
  now: () => Date;
  takeLock?: TakeLock;
}

export interface SystemPage {
  /** Undefined before the first hook. */
  record: SystemRecord | undefined;
  state: State;
  contents: SystemContents;
}

/** What a change of the record brings beside its transition. */
type SystemMembers = Partial<Pick<SystemRecord, "images" | "floor">>;

export interface SystemLedger {
  /** Takes the lock; kind "busy" when it is not free within `waitMs`. Makes the directory where it is missing. */
  lock(options?: { waitMs: number }): Promise<Lock>;
  read(): Promise<FoundRecord<SystemRecord>>;
  /** What may be changed now; throws where the hook has not resolved it in this boot. */
  open(): Promise<SystemPage>;
  /** Durable when it answers. Writes nothing where nothing changes. */
  turn(page: SystemPage, transition: Transition, members?: SystemMembers): Promise<SystemPage>;
  /** Notes that this boot is ended to go back; the record stays unresolved, so that a hook that is cut off does it again. */
  markReturning(record: SystemRecord): Promise<void>;
  /** Keeps a record that makes no sense, for a person; answers its new name. */
  setAside(): Promise<string>;
}

export function openSystemLedger(options: SystemLedgerOptions): SystemLedger {
  const { disk, bootId, now } = options;
  const directory = join(options.stateDirectory, "system");
  const place = { directory, record: join(directory, "record.json") };
  const read = () => readRecordAs(disk, place, parseSystemRecord);
  return {
    read,
    async lock({ waitMs } = { waitMs: 0 }) {
      await makeDirectory(disk, directory);
      try {
        return await (options.takeLock ?? lockFile)(join(directory, "lock"), { waitMs });
      } catch (error) {
        if (!(error instanceof DiskError) || error.kind !== "lock-held") throw error;
        const message = "Cannot change the system: another operation holds its record; wait until that one is done";
        throw new SlotsError("busy", message, { cause: error });
      }
    },
    async open() {
      return openPage(await read(), bootId);
    },
    async turn(page, transition, members = {}) {
      if (transition.state === page.state && page.record?.bootId === bootId && Object.keys(members).length === 0) {
        return page;
      }
      const images = members.images ?? page.record?.images ?? {};
      // What has just been left may be known to the images before or to those after.
      const subject = members.images === undefined ? page.contents : eitherOf(page.contents, contentsOf(images));
      const next = nextRecord(page.record, transition, { bootId, now: now(), subject });
      const { returning } = page.record ?? {};
      // What an earlier trial has tried is nothing to the next state.
      const kept = transition.state === page.state ? { returning } : { returning: undefined };
      const record: SystemRecord = { ...page.record, ...next, images, ...members, ...kept };
      // The point of no return.
      await writeRecord(disk, place, record);
      return pageOf(record);
    },
    async markReturning(record) {
      const marked: SystemRecord = { ...record, returning: bootId };
      await writeRecord(disk, place, marked);
    },
    setAside: () => setAsideRecord(disk, place),
  };
}

export function pageOf(record: SystemRecord | undefined): SystemPage {
  return { record, state: record?.state ?? { name: "empty" }, contents: contentsOf(record?.images ?? {}) };
}

function openPage(found: FoundRecord<SystemRecord>, bootId: string): SystemPage {
  switch (found.kind) {
    case "record":
      if (found.record.bootId === bootId) return pageOf(found.record);
      throw unresolved();
    case "missing":
      throw unresolved();
    case "later-format":
      throw new SlotsError(
        "later-format",
        `Cannot change the system: a later version of host-service wrote its record (format ${found.format}); ` +
          "update host-service on this host",
      );
    case "unreadable":
      throw new SlotsError(
        "unreadable",
        `Cannot change the system: its record makes no sense (${found.problem}); run host-service boot, which sets it aside`,
      );
  }
}

function unresolved(): SlotsError {
  return new SlotsError(
    "unresolved",
    "Cannot change the system: the boot hook has not resolved its record in this boot; run host-service boot",
  );
}

function eitherOf(before: SystemContents, after: SystemContents): SystemContents {
  return { ...after, manifestOf: (reference) => after.manifestOf(reference) ?? before.manifestOf(reference) };
}

/** Also where a device has never had any state. */
async function makeDirectory(disk: Disk, directory: string): Promise<void> {
  if ((await disk.status(directory)) !== undefined) return;
  await makeDirectory(disk, dirname(directory));
  await disk.makeDirectory(directory);
  await disk.sync(dirname(directory));
}
