// The one writer of record.json, and its only reader. Who writes holds the record's lock.
import { join } from "node:path";
import { DiskError, replaceFile } from "@host-service/disk";
import type { Disk } from "@host-service/disk";
import type { Place } from "./place.ts";
import { formatRecord, parseRecord } from "./record.ts";
import type { BootRecord, ParsedRecord } from "./record.ts";
import { isDamage } from "./slot.ts";

const recordBytesMax = 64 * 1024;
/** The last one is replaced when all are taken. */
const setAsideMax = 9;

export type FoundRecord<Kind extends BootRecord = BootRecord> = ParsedRecord<Kind> | { kind: "missing" };

/** Where a record is kept. */
export type RecordPlace = Pick<Place, "directory" | "record">;

export function readRecord(disk: Disk, place: RecordPlace): Promise<FoundRecord> {
  return readRecordAs(disk, place, parseRecord);
}

/** Of a record of another kind, which `parse` knows. */
export async function readRecordAs<Kind extends BootRecord>(
  disk: Disk,
  place: RecordPlace,
  parse: (text: string) => ParsedRecord<Kind>,
): Promise<FoundRecord<Kind>> {
  let bytes: Uint8Array;
  try {
    bytes = await disk.read(place.record, { bytesMax: recordBytesMax });
  } catch (error) {
    if (error instanceof DiskError && error.kind === "missing") return { kind: "missing" };
    if (error instanceof DiskError && isDamage(error)) return { kind: "unreadable", problem: error.message };
    throw error;
  }
  return parse(new TextDecoder().decode(bytes));
}

export async function writeRecord(disk: Disk, place: RecordPlace, record: BootRecord): Promise<void> {
  await replaceFile(disk, place.record, formatRecord(record));
}

/** Keeps what cannot be read, for a person to look at; answers its new name. */
export async function setAsideRecord(disk: Disk, place: RecordPlace): Promise<string> {
  const taken = new Set(await disk.list(place.directory));
  const names = Array.from({ length: setAsideMax }, (_, index) => `${setAsidePrefix}${index + 1}`);
  const name = names.find((candidate) => !taken.has(candidate)) ?? `${setAsidePrefix}${setAsideMax}`;
  await disk.rename(place.record, join(place.directory, name));
  await disk.sync(place.directory);
  return name;
}

const setAsidePrefix = "record.json.unreadable-";
