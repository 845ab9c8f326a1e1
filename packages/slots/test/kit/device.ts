// A device with one container, on whatever disk: the steps that a daemon and its hook take, and a picture of what is there.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { realDisk } from "@host-service/disk";
import type { Disk } from "@host-service/disk";
import type { BootReport } from "../../source/boot-report.ts";
import type { TakeLock } from "../../source/ledger.ts";
import { imageIdOf } from "../../source/manifest.ts";
import type { SlotManifest } from "../../source/manifest.ts";
import { parseRecord } from "../../source/record.ts";
import { resolveBoot } from "../../source/resolve-boot.ts";
import { seedSlot } from "../../source/seed.ts";
import { openSlots } from "../../source/slots.ts";
import type { Slots } from "../../source/slots.ts";
import type { Staging } from "../../source/staging.ts";
import type { StatusReport } from "../../source/status.ts";

export const now = () => new Date("2026-01-02T03:04:05.000Z");

/** Stands for flock where there is no real disk: nobody else is there. */
export const freeLock: TakeLock = async () => ({ fd: -1, release() {} });

const sha256 = (text: string) => `sha256:${new Bun.CryptoHasher("sha256").update(text).digest("hex")}`;

export function imageOf(version: string, boots = 1): SlotManifest {
  const digests = { config: sha256(`config ${version}`), rootfs: sha256(`rootfs ${version}`) };
  return {
    format: 1,
    imageId: imageIdOf(digests),
    name: "edge",
    version,
    digests,
    trial: { boots, commit: "manual" },
    entries: 1,
    bytes: version.length,
    stagedAt: now().toISOString(),
  };
}

export interface Device {
  disk: Disk;
  root: string;
  directory: string;
  slots(bootId: string): Slots;
  hook(bootId: string, options?: { lockWaitMs?: number }): Promise<BootReport>;
  install(bootId: string, version: string, boots?: number): Promise<StatusReport>;
  seed(version: string): Promise<StatusReport>;
}

export function device(disk: Disk, root: string, options: { takeLock?: TakeLock; name?: string } = {}): Device {
  const stateDirectory = join(root, "state");
  const runDirectory = join(root, "run");
  const directory = join(stateDirectory, "containers", options.name ?? "edge");
  // Not this machine's own, whose users may have ids.
  const etcDirectory = join(root, "etc");
  const lock = { etcDirectory, ...(options.takeLock === undefined ? {} : { takeLock: options.takeLock }) };
  const slots = (bootId: string) => openSlots({ disk, directory, runDirectory, bootId, now, ...lock });
  return {
    disk,
    root,
    directory,
    slots,
    hook: (bootId, how = {}) => resolveBoot({ disk, stateDirectory, runDirectory, bootId, now, ...lock, ...how }),
    async install(bootId, version, boots = 1) {
      const staging = await slots(bootId).stage();
      return await fill(disk, staging, imageOf(version, boots));
    },
    async seed(version) {
      return await fill(disk, await seedSlot({ disk, directory, now, ...lock }), imageOf(version));
    },
  };
}

/** What an unpacking child does, and then the daemon. */
export async function fill(disk: Disk, staging: Staging, manifest: SlotManifest): Promise<StatusReport> {
  const file = join(staging.rootfs, "version");
  await disk.create(file, manifest.version ?? "");
  await disk.sync(file);
  await staging.allocateIds();
  await staging.writeFile("config.yaml", `version: ${manifest.version}\n`);
  return await staging.complete(manifest);
}

/** A device on a directory of the real disk, which goes with the test. */
export async function withDevice<Result>(use: (device: Device) => Promise<Result>): Promise<Result> {
  const root = await mkdtemp(join(tmpdir(), "slots-"));
  try {
    await realDisk.makeDirectory(join(root, "state"));
    return await use(device(realDisk, root));
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** Everything below the state and the run directory, with what the small files say. */
export async function picture({ disk, root }: Pick<Device, "disk" | "root">): Promise<string[]> {
  const lines: string[] = [];
  for (const top of ["state", "run"]) await draw(disk, { path: join(root, top), name: top, lines, root });
  return lines;
}

interface Drawing {
  path: string;
  name: string;
  lines: string[];
  root: string;
}

async function draw(disk: Disk, { path, name, lines, root }: Drawing): Promise<void> {
  const status = await disk.status(path);
  switch (status?.type) {
    case undefined:
      return;
    case "symlink":
      lines.push(`${name} -> ${(await disk.readLink(path))?.replace(root, "…")}`);
      return;
    case "file":
      lines.push(`${name}: ${await describeFile(disk, path)}`);
      return;
    case "directory": {
      const entries = (await disk.list(path)).toSorted();
      if (entries.length === 0) lines.push(`${name}/`);
      for (const entry of entries) await draw(disk, { path: join(path, entry), name: `${name}/${entry}`, lines, root });
      return;
    }
    case "other":
      lines.push(`${name}: other`);
  }
}

async function describeFile(disk: Disk, path: string): Promise<string> {
  const text = new TextDecoder().decode(await disk.read(path));
  if (path.endsWith("/slot.json")) return /"version": "([^"]*)"/.exec(text)?.[1] ?? text;
  if (!path.endsWith("/record.json")) return JSON.stringify(text);
  const parsed = parseRecord(text);
  if (parsed.kind !== "record") return JSON.stringify(text);
  const { bootId, state, outcome } = parsed.record;
  const references = Object.entries(state)
    .filter(([key]) => key !== "name")
    .map(([key, value]: [string, unknown]) => ` ${key}=${describeMember(value)}`)
    .join("");
  const ended = outcome === undefined ? "" : `; ${outcome.result} ${outcome.version}: ${outcome.why}`;
  return `[${bootId}] ${state.name}${references}${ended}`;
}

function describeMember(value: unknown): string {
  return typeof value === "object" && value !== null && "slot" in value ? String(value.slot) : String(value);
}
