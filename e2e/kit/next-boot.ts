// What the boot after a cut comes to.
import { existsSync } from "node:fs";
import { readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import type { Device } from "./device.ts";
import { versionFile } from "./tiny-image.ts";

interface Reference {
  slot: "a" | "b";
  imageId: string;
}

interface Record {
  state: { name: string; active?: Reference; fallback?: Reference };
  outcome?: { result: string; why: string };
}

/**
 * Boots the device once more and says what runs: "normal 1.0.0", "trying 2.0.0", or "nothing". Throws where the hook fails, where it had to
 * repair, where what it points to is not whole, and where it would decide otherwise when it is asked again.
 */
export async function nextBoot(device: Device): Promise<string> {
  await device.nextBoot();
  const hook = await device.boot();
  if (hook.exitCode !== 0) throw new Error(`the hook ended with ${hook.exitCode}: ${hook.stdout}${hook.stderr}`);
  const record = join(device.containerDirectory(), "record.json");
  if (!existsSync(record)) {
    if ((await device.current()) !== undefined) throw new Error("something runs without a record");
    return "nothing";
  }
  const text = await readFile(record, "utf8");
  const { state, outcome } = JSON.parse(text) as Record;
  if (outcome?.result === "failed") throw new Error(`the hook had to repair: ${outcome.why}`);
  await expectCommitted(device, state);
  await device.boot();
  if ((await readFile(record, "utf8")) !== text) throw new Error("a second hook of the same boot changed the record");
  if (state.active === undefined) return "nothing";
  return `${state.name} ${await versionThatRuns(device, state.active)}`;
}

async function versionThatRuns(device: Device, active: Reference): Promise<string> {
  const slot = device.slot(active.slot);
  const current = await device.current();
  if (current !== slot) throw new Error(`the hook points to "${current}" and the record to "${slot}"`);
  const manifest = JSON.parse(await readFile(join(slot, "slot.json"), "utf8")) as { imageId: string; version: string };
  const version = await readFile(join(slot, "rootfs", versionFile), "utf8");
  if (manifest.imageId !== active.imageId) throw new Error("the slot holds another image than the record says");
  if (manifest.version !== version) throw new Error(`the slot says ${manifest.version} and holds ${version}`);
  return version;
}

async function expectCommitted(device: Device, { name, active, fallback }: Record["state"]): Promise<void> {
  const committed = name === "trying" || name === "rollback" ? fallback : active;
  const link = await readlink(join(device.containerDirectory(), "committed")).catch(() => undefined);
  const expected = committed === undefined ? undefined : `slots/${committed.slot}`;
  if (link !== expected) throw new Error(`"committed" says "${link}" and has to say "${expected}"`);
}
