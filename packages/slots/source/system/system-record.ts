// The record of the host's own system. Its slots are partitions, which nothing can be written into beside the image, so what they
// hold stands in the record itself. A slot that stands there with no image holds what nobody knows.
import {
  integer,
  literal,
  looseObject,
  minValue,
  number,
  optional,
  pipe,
  record,
  string,
  union,
} from "@host-service/schema";
import { digest, signer } from "../manifest.ts";
import { parseRecordOf, recordMembers } from "../record.ts";
import type { BootRecord, ParsedRecord } from "../record.ts";
import { factoryImageId } from "../state.ts";
import type { ImageFacts, SlotName, SlotReference, Subject } from "../state.ts";

/** What was written into a slot, read back, and verified. */
export interface SystemImage {
  imageId: string;
  /** What the image calls itself. */
  name?: string | undefined;
  version?: string | undefined;
  bytes: number;
  signer?: ImageFacts["signer"];
  /** What the image says that it provides, for what the next one may ask (`artifact_depends`). */
  provides?: Record<string, string> | undefined;
  /** RFC 3339. */
  stagedAt: string;
}

export interface SystemRecord extends BootRecord {
  images: { a?: SystemImage | undefined; b?: SystemImage | undefined };
  /** The highest version that was ever committed. */
  floor?: string | undefined;
  /** The boot in which the boot loader was told to go back and the host to reboot. */
  returning?: string | undefined;
}

const image = looseObject({
  imageId: digest,
  name: optional(string()),
  version: optional(string()),
  bytes: pipe(number(), integer(), minValue(0)),
  signer: optional(signer),
  provides: optional(record(string(), string())),
  stagedAt: string(),
});

const systemRecord = looseObject({
  ...recordMembers(union([digest, literal(factoryImageId)])),
  images: looseObject({ a: optional(image), b: optional(image) }),
  floor: optional(string()),
  returning: optional(string()),
});

export function parseSystemRecord(text: string): ParsedRecord<SystemRecord> {
  return parseRecordOf(systemRecord, text);
}

/** What the transitions may know of the system. */
export interface SystemContents extends Subject {
  imageIn(slot: SlotName): SystemImage | undefined;
  /** What the record has to call the contents of a slot that runs. */
  referenceTo(slot: SlotName): SlotReference;
}

export function contentsOf(images: SystemRecord["images"]): SystemContents {
  return {
    name: "host",
    title: "the system",
    command: "hostctl system",
    imageIn: (slot) => images[slot],
    referenceTo: (slot) => ({ slot, imageId: images[slot]?.imageId ?? factoryImageId }),
    manifestOf({ slot, imageId }) {
      if (imageId === factoryImageId) return { trial: { boots: 1 } };
      const found = images[slot];
      return found?.imageId === imageId ? { ...found, trial: { boots: 1 } } : undefined;
    },
  };
}
