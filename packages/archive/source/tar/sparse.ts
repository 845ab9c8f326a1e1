import type { ByteQueue } from "./byte-queue.ts";
import { type ByteString, byteString } from "./byte-string.ts";
import { blockBytes } from "./header.ts";
import { entryLimits } from "./limits.ts";
import { parseDecimal, parseNumber } from "./number.ts";
import { corrupt, refused } from "./refusal.ts";

/** A run of stored bytes; everything between the regions of a file is a hole. */
export interface Region {
  readonly offset: number;
  readonly bytes: number;
}

/** The layouts are in GNU tar's manual, "Storing Sparse Files". */
export interface SparseLayout {
  readonly regions: Region[];
  /** Bytes of the entry's data that were the map itself. */
  readonly mapBytes: number;
}

/** Regions have to lie in order, apart, inside the file, and add up to what is stored. */
export function checkRegions(regions: Region[], name: ByteString, sizes: { file: number; stored: number }): Region[] {
  let end = 0;
  let stored = 0;
  for (const region of regions) {
    if (region.offset < end) throw corrupt(name, "its sparse map overlaps itself");
    end = region.offset + region.bytes;
    stored += region.bytes;
    if (end > sizes.file) throw corrupt(name, "its sparse map goes beyond its size");
  }
  if (stored !== sizes.stored) throw corrupt(name, "its sparse map does not add up to the bytes that are stored");
  return regions;
}

/** Versions 0.0 and 0.1: the map was in the pax records. */
export function regionsOfPairs(numbers: readonly number[], name: ByteString): Region[] {
  if (numbers.length % 2 !== 0) throw corrupt(name, "its sparse map has an offset without a length");
  const regions: Region[] = [];
  for (let at = 0; at < numbers.length; at += 2) addRegion(regions, numbers[at] ?? 0, numbers[at + 1] ?? 0, name);
  return regions;
}

/** Old GNU: four regions in the header, then blocks of 21 until one says that it is the last. */
export function* readOldMap(queue: ByteQueue, header: Uint8Array, name: ByteString): Generator<void, Region[], void> {
  const regions: Region[] = [];
  addFields(regions, header.subarray(386, 482), name);
  let more = header[482] !== 0;
  while (more) {
    const block = yield* queue.take(blockBytes);
    addFields(regions, block.subarray(0, 504), name);
    more = block[504] !== 0;
  }
  return regions;
}

export function oldSparseFileBytes(header: Uint8Array, name: ByteString): number {
  const bytes = parseNumber(header, 483, 495);
  if (bytes === undefined || bytes < 0) throw corrupt(name, "its real size is not a number");
  return bytes;
}

/** Version 1.0: the map is text at the start of the data, in whole blocks: a count, then offset and length by lines. */
export function* readMapInData(
  queue: ByteQueue,
  name: ByteString,
  stored: number,
): Generator<void, SparseLayout, void> {
  let text = "";
  let mapBytes = 0;
  const numbers: number[] = [];
  let wanted: number | undefined;
  while (wanted === undefined || numbers.length < wanted) {
    if (mapBytes + blockBytes > stored) throw corrupt(name, "its sparse map is longer than its data");
    text += byteString(yield* queue.take(blockBytes));
    mapBytes += blockBytes;
    const lines = text.split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) {
      if (wanted !== undefined && numbers.length >= wanted) break;
      const number = parseDecimal(line);
      if (number === undefined) throw corrupt(name, "its sparse map is not a list of numbers");
      if (wanted === undefined) wanted = mapLength(number, name);
      else numbers.push(number);
    }
    if (text.length > blockBytes) throw corrupt(name, "its sparse map is not a list of numbers");
  }
  return { regions: regionsOfPairs(numbers, name), mapBytes };
}

function mapLength(regions: number, name: ByteString): number {
  if (regions > entryLimits.sparseRegionsMax) throw tooManyRegions(name);
  return regions * 2;
}

function addFields(regions: Region[], fields: Uint8Array, name: ByteString): void {
  for (let at = 0; at + 24 <= fields.length; at += 24) {
    if (fields[at] === 0 && fields[at + 12] === 0) return;
    const offset = parseNumber(fields, at, at + 12);
    const bytes = parseNumber(fields, at + 12, at + 24);
    if (offset === undefined || bytes === undefined || offset < 0 || bytes < 0) {
      throw corrupt(name, "its sparse map is not a list of numbers");
    }
    addRegion(regions, offset, bytes, name);
  }
}

/** A region of no bytes only marks the end of a file that ends in a hole. */
function addRegion(regions: Region[], offset: number, bytes: number, name: ByteString): void {
  if (regions.length >= entryLimits.sparseRegionsMax) throw tooManyRegions(name);
  if (bytes > 0) regions.push({ offset, bytes });
}

function tooManyRegions(name: ByteString): Error {
  return refused(name, `its sparse map has more than ${entryLimits.sparseRegionsMax} regions`);
}
