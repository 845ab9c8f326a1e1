// `ids.json`: the ids that a container has for as long as it exists, so that its slots and its volumes always agree. It is durable
// before the first file has such an owner, and goes with the container's directory.
import { join } from "node:path";
import { DiskError, replaceFile, unlinkDurably } from "@host-service/disk";
import type { Disk } from "@host-service/disk";
import { SchemaError, parse } from "@host-service/schema";
import { listDirectories } from "../container.ts";
import { SlotsError } from "../error.ts";
import type { Ledger } from "../ledger.ts";
import { idRange } from "../manifest.ts";
import { placeOf } from "../place.ts";
import type { Place } from "../place.ts";
import { isDamage, lookIntoSlots } from "../slot.ts";
import { hostIds } from "./host-ids.ts";
import { freeRange } from "./id-range.ts";
import type { IdRange } from "./id-range.ts";

const idsBytesMax = 4096;
const lockWaitMs = 5000;

/** `isNew`: the container had none before. */
export interface AllocatedIds {
  ids: IdRange;
  isNew: boolean;
}

/** The container's ids; the first time, such as nobody else has. Who calls holds the container's lock. */
export async function allocateIds(ledger: Ledger): Promise<AllocatedIds> {
  const { disk, place } = ledger;
  const own = await idsOf(disk, place);
  if (own.ids !== undefined) {
    if (!own.isWritten) await writeIds(disk, place, own.ids);
    return { ids: own.ids, isNew: false };
  }
  // One at a time among all containers, until what was chosen can be read by the next one.
  const lock = await ledger.takeLock(join(place.containers, ".ids.lock"), { waitMs: lockWaitMs });
  try {
    const ids = freeRange([...(await hostIds(disk, ledger.etcDirectory)), ...(await idsOfOthers(disk, place))]);
    if (ids === undefined) {
      const why = "the ids of all containers and users leave no 65536 in a row; remove containers";
      throw new SlotsError("no-ids", `Cannot give "${place.name}" ids of its own: ${why}`);
    }
    await writeIds(disk, place, ids);
    return { ids, isNew: true };
  } finally {
    lock.release();
  }
}

/** Where nothing has such an owner any more. Who calls holds the container's lock. */
export async function forgetIds({ disk, place }: Pick<Ledger, "disk" | "place">): Promise<void> {
  await unlinkDurably(disk, place.ids);
}

async function writeIds(disk: Disk, place: Place, { base, count }: IdRange): Promise<void> {
  await replaceFile(disk, place.ids, `${JSON.stringify({ format: 1, base, count })}\n`);
}

/** What `ids.json` says; where it is lost, what the slots were unpacked for. */
async function idsOf(disk: Disk, place: Place): Promise<{ ids: IdRange | undefined; isWritten: boolean }> {
  const read = await readIds(disk, place);
  if (typeof read === "object") return { ids: read, isWritten: true };
  const contents = await lookIntoSlots(disk, place);
  return { ids: contents.inSlot("a")?.ids ?? contents.inSlot("b")?.ids, isWritten: false };
}

/** `ids.json` as it is on the disk. */
async function readIds(disk: Disk, place: Place): Promise<IdRange | "missing" | "unreadable"> {
  try {
    const bytes = await disk.read(place.ids, { bytesMax: idsBytesMax });
    const { base, count } = parse(idRange, JSON.parse(new TextDecoder().decode(bytes)), { subject: place.ids });
    return { base, count };
  } catch (error) {
    if (error instanceof DiskError && error.kind === "missing") return "missing";
    if (error instanceof SyntaxError || error instanceof SchemaError || isDamage(error)) return "unreadable";
    throw error;
  }
}

async function idsOfOthers(disk: Disk, place: Place): Promise<IdRange[]> {
  const others: IdRange[] = [];
  const stateDirectory = join(place.containers, "..");
  for (const name of await listDirectories(disk, stateDirectory)) {
    if (name === place.name) continue;
    const other = placeOf(join(place.containers, name));
    const { ids } = await idsOf(disk, other);
    if (ids !== undefined) others.push(ids);
    else if ((await readIds(disk, other)) === "unreadable") {
      const next = `remove the container "${name}", or write the file anew`;
      throw new SlotsError(
        "no-ids",
        `Cannot give "${place.name}" ids of its own: "${other.ids}" makes no sense; ${next}`,
      );
    }
  }
  return others;
}
