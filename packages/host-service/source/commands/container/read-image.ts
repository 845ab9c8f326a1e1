import { join } from "node:path";
import { parseInstanceConfig } from "@host-service/archive";
import type { InstanceConfig } from "@host-service/archive";
import { DiskError, realDisk } from "@host-service/disk";
import type { MetaHints } from "@host-service/runtime";
import { effectiveOf, undoIn } from "../../guests/effective.ts";
import { emptyLive, lookAtLive } from "../../guests/live.ts";
import { printError } from "../../print.ts";
import { array, number, object, optional, parse, record, string } from "@host-service/schema";

const configBytesMax = 1024 * 1024;

export interface Image {
  /** The image's own, and what was set live. */
  config: InstanceConfig;
  meta: MetaHints;
  undoOf: (key: string) => string | undefined;
}

/** What an image in a slot says of itself, and what was set live on top. */
export async function readImage(
  slotDirectory: string,
  { containerDirectory, name }: { containerDirectory: string; name: string },
): Promise<Image> {
  const live = await lookAtLive(realDisk, containerDirectory);
  if (live === undefined) printError("Warning: the live configuration cannot be read; the image's own counts");
  const config = effectiveOf(await readConfig(slotDirectory), live ?? emptyLive);
  return { config, meta: await readHints(slotDirectory), undoOf: undoIn(live ?? emptyLive, name) };
}

const text = optional(string());
const MetaNote = object({
  hints: optional(
    object({
      initCommand: optional(array(string())),
      environment: optional(record(string(), string())),
      haltSignal: text,
      rebootSignal: text,
      stopSignal: text,
      ttyMax: optional(number()),
      ptyMax: optional(number()),
    }),
  ),
  mounts: optional(array(object({ type: string(), target: string(), options: array(string()) }))),
});

/** Of `meta/meta.json`, which an image without a metadata archive does not have. */
async function readHints(slotDirectory: string): Promise<MetaHints> {
  const path = join(slotDirectory, "meta/meta.json");
  try {
    const bytes = await realDisk.read(path, { bytesMax: configBytesMax });
    const { hints, mounts = [] } = parse(MetaNote, JSON.parse(new TextDecoder().decode(bytes)), { subject: path });
    const stated = Object.entries(hints ?? {}).filter(([, value]) => value !== undefined);
    return { ...Object.fromEntries(stated), mounts };
  } catch (error) {
    if (error instanceof DiskError && error.kind === "missing") return {};
    throw error;
  }
}

async function readConfig(slotDirectory: string): Promise<InstanceConfig> {
  const bytes = await realDisk.read(join(slotDirectory, "config.yaml"), { bytesMax: configBytesMax });
  return parseInstanceConfig(new TextDecoder().decode(bytes));
}

/** Those that either image wants to have back: the one on trial, or the one that it may go back to. */
export async function snapshotVolumes(
  config: InstanceConfig,
  fallbackDirectory: string | undefined,
): Promise<readonly string[]> {
  const fallback = fallbackDirectory === undefined ? undefined : await readIfThere(fallbackDirectory);
  return [...new Set([...volumesOf(config), ...(fallback === undefined ? [] : volumesOf(fallback))])].toSorted();
}

async function readIfThere(slotDirectory: string): Promise<InstanceConfig | undefined> {
  try {
    return await readConfig(slotDirectory);
  } catch (error) {
    if (error instanceof DiskError) return undefined;
    throw error;
  }
}

function volumesOf({ devices }: InstanceConfig): string[] {
  return Object.values(devices).flatMap((device) =>
    device.type === "disk" && device.snapshot === "true" && device.source.startsWith("volume:")
      ? [device.source.slice("volume:".length)]
      : [],
  );
}
