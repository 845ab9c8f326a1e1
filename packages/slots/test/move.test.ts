// Every cut of a change of what runs, by a daemon that dies in the same boot and by the power. The unit of the container is a
// value here: `stop` and `start` are all that happens to it, and what starts is what `.current` names, else the committed image.
import { expect, test } from "bun:test";
import { join } from "node:path";
import { enumerateCrashes, watchedDisk } from "@host-service/disk/crash-disk";
import type { CrashDisk } from "@host-service/disk/crash-disk";
import { parseRecord } from "../source/record.ts";
import type { Stop } from "../source/move.ts";
import type { Slots } from "../source/slots.ts";
import { committedOf, runningOf } from "../source/state.ts";
import type { State } from "../source/state.ts";
import { begin, edgeOn, root } from "./kit/beginnings.ts";
import { noSpace } from "./kit/faults.ts";
import { device, freeLock } from "./kit/device.ts";

const seed = 20_261_125;

interface Move {
  beginning: string;
  boot: string;
  act: (slots: Slots, stop: Stop) => Promise<unknown>;
}

const failed = { result: "failed", why: "it ended 3 times" } as const;

const moves: Record<string, Move> = {
  "try of the first": {
    beginning: "pending, the first",
    boot: "boot-1",
    act: (slots, stop) => slots.tryCandidate(stop),
  },
  try: { beginning: "pending", boot: "boot-1", act: (slots, stop) => slots.tryCandidate(stop) },
  "end of the first trial": {
    beginning: "trying, the first",
    boot: "boot-2",
    act: (slots, stop) => slots.endTrial(failed, stop),
  },
  "end of a trial": { beginning: "trying", boot: "boot-2", act: (slots, stop) => slots.endTrial(failed, stop) },
  "end of a trial with a boot left": {
    beginning: "trying with a boot left",
    boot: "boot-2",
    act: (slots, stop) => slots.endTrial(failed, stop),
  },
};

async function read(disk: CrashDisk, path: string): Promise<string> {
  return new TextDecoder().decode(await disk.read(path));
}

async function stateOn(disk: CrashDisk): Promise<State> {
  const parsed = parseRecord(await read(disk, join(edgeOn(disk).directory, "record.json")));
  if (parsed.kind !== "record") throw new Error(`the record is ${parsed.kind}`);
  return parsed.record.state;
}

/** What the container's unit would start at this instant: the slot, by its directory. */
async function wouldStart(disk: CrashDisk): Promise<string | undefined> {
  const current = await disk.readLink(join(root, "run/.current/edge"));
  if (current !== undefined) return current;
  const committed = await disk.readLink(join(edgeOn(disk).directory, "committed"));
  return committed === undefined ? undefined : join(edgeOn(disk).directory, committed);
}

const slotOf = (disk: CrashDisk, slot: string | undefined) =>
  slot === undefined ? undefined : join(edgeOn(disk).directory, "slots", slot);

/** What was happening to the unit when the cut came: acknowledged are "stop" and "start <slot>", as far as they came. */
function unitOf(point: { acknowledged: readonly string[] }, atFirst: string | undefined): string | undefined {
  const last = point.acknowledged.at(-1);
  if (last === undefined) return atFirst;
  return last === "stop" || last === "start nothing" ? undefined : last.slice("start ".length);
}

async function runMove(disk: CrashDisk, { act, boot }: Move): Promise<void> {
  await act(edgeOn(disk).slots(boot), async () => disk.acknowledge("stop"));
  disk.acknowledge(`start ${(await wouldStart(disk)) ?? "nothing"}`);
}

for (const [name, move] of Object.entries(moves)) {
  test(`${name}: a daemon that died at any instant leaves nothing uncommitted to start, and the next one repairs it`, async () => {
    const from = await begin(move.beginning);
    const before = await stateOn(from);
    const atFirst = await wouldStart(from);
    const { crashes } = await enumerateCrashes(
      (disk) => runMove(disk, move),
      { seed, from, mixedReadings: 0 },
      async (disk, point) => {
        if (point.reading !== "kept") return;
        const state = await stateOn(disk);
        const unit = unitOf(point, atFirst);
        // Until it was stopped, it is what ran before; and a slot that runs is one that the record holds on to.
        if (point.acknowledged.length === 0) expect(state).toEqual(before);
        // Whoever starts the unit now starts what the record says or what was committed.
        const harmless = [runningOf(state)?.slot, committedOf(state)?.slot].map((slot) => slotOf(disk, slot));
        expect([...harmless, undefined]).toContain(await wouldStart(disk));
        // The next daemon of the same boot, and the order to start.
        let stopped = false;
        const slots = edgeOn(disk).slots(move.boot);
        const changed = await slots.repairCurrent(async () => void (stopped = true));
        expect(changed).toBe(stopped);
        const after = !changed && unit !== undefined ? unit : await wouldStart(disk);
        expect(after).toBe(slotOf(disk, runningOf(state)?.slot));
        expect(await slots.repairCurrent(async () => expect.unreachable())).toBe(false);
        // Nothing that runs is ever handed out to be written.
        const staging = await slots.stage().catch((error: unknown) => String(error));
        if (typeof staging === "string") return expect(staging).toContain("on trial");
        expect(staging.slotDirectory).not.toBe(after ?? "");
        await staging.abandon();
      },
    );
    expect(crashes).toBeGreaterThan(5);
  });

  test(`${name}: a power cut at any instant, and the next boot runs what was committed`, async () => {
    const from = await begin(move.beginning);
    const before = await stateOn(from);
    const { survivors } = await enumerateCrashes(
      (disk) => runMove(disk, move),
      { seed, from, mixedReadings: 3 },
      async (disk) => {
        await disk.removeTree(join(root, "run"));
        const changed = JSON.stringify(await stateOn(disk)) !== JSON.stringify(before);
        const report = await edgeOn(disk).hook("boot-next");
        expect(report.ok).toBe(true);
        const state = await stateOn(disk);
        const committed = slotOf(disk, committedOf(changed ? state : before)?.slot);
        const runs = await disk.readLink(join(root, "run/.current/edge"));
        // Without the change it is an ordinary boot: a candidate begins its trial, a trial with a boot left goes on.
        if (changed || state.name === "normal" || state.name === "empty") expect(runs).toBe(committed);
        else expect(runs).toBe(slotOf(disk, runningOf(state)?.slot));
      },
    );
    expect(survivors).toBeGreaterThan(30);
  });
}

test("a move changes nothing where what runs cannot be stopped", async () => {
  for (const move of Object.values(moves)) {
    const disk = await begin(move.beginning);
    const operations = disk.operations.length;
    const stop = () => Promise.reject(new Error("it does not stop"));
    expect(move.act(edgeOn(disk).slots(move.boot), stop)).rejects.toThrow("it does not stop");
    expect(disk.operations.length).toBe(operations);
  }
});

test("a move whose record cannot be written leaves `.current` as the record is", async () => {
  for (const move of Object.values(moves)) {
    const disk = await begin(move.beginning);
    const before = [JSON.stringify(await stateOn(disk)), await disk.readLink(join(root, "run/.current/edge"))];
    const full = watchedDisk(disk, (operation, path) => {
      if (operation === "create" && path.endsWith(".record.json.new")) throw noSpace(path);
    });
    const edge = device(full, root, { takeLock: freeLock });
    const error: unknown = await move.act(edge.slots(move.boot), async () => {}).catch((thrown: unknown) => thrown);
    expect(String(error)).toContain("ENOSPC");
    expect([JSON.stringify(await stateOn(disk)), await disk.readLink(join(root, "run/.current/edge"))]).toEqual(before);
  }
});

test("an install is refused for a slot that this boot runs, whatever the record says", async () => {
  const disk = await begin("normal");
  const edge = edgeOn(disk);
  const current = join(root, "run/.current/edge");
  await disk.unlink(current);
  await disk.link(join(edge.directory, "slots/b"), current);
  for (const install of [() => edge.slots("boot-1").stage(), () => edge.slots("boot-1").checkInstall()]) {
    const error: unknown = await install().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ kind: "unresolved" });
    expect(String(error)).toContain("slot b still is what this boot runs");
  }
});

test("a planted fault is found: a move that lets go of nothing", async () => {
  const move = moves["end of a trial"];
  if (move === undefined) throw new Error("there is no such move");
  const from = await begin(move.beginning);
  const findings: string[] = [];
  await enumerateCrashes(
    async (disk) => {
      let lettingGo = true;
      const faulty = watchedDisk(disk, (operation, path) => {
        if (operation !== "unlink" || !path.endsWith("/.current/edge") || !lettingGo) return;
        lettingGo = false;
        return "skip";
      });
      await move.act(device(faulty, root, { takeLock: freeLock }).slots(move.boot), async () => {});
    },
    { seed, from, mixedReadings: 0 },
    async (disk, { reading }) => {
      if (reading !== "kept") return;
      const state = await stateOn(disk);
      const harmless = [runningOf(state)?.slot, committedOf(state)?.slot].map((slot) => slotOf(disk, slot));
      const starts = await wouldStart(disk);
      if (starts !== undefined && !harmless.includes(starts)) findings.push(starts);
    },
  );
  expect(findings.length).toBeGreaterThan(0);
});
