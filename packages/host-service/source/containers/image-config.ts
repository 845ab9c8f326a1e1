// What an image that lies in a slot says of itself: its config.yaml, as it was installed.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ArchiveError, parseInstanceConfig } from "@host-service/archive";
import type { InstanceConfig } from "@host-service/archive";
import { containerDirectory } from "@host-service/slots";
import type { SlotName } from "@host-service/slots";

/** Undefined where there is none that can be read: then nobody knows how the image would run. */
export async function configOfSlot(
  stateDirectory: string,
  { name, slot }: { name: string; slot: SlotName },
): Promise<InstanceConfig | undefined> {
  const path = join(containerDirectory(stateDirectory, name), "slots", slot, "config.yaml");
  try {
    return parseInstanceConfig(await readFile(path, "utf8"));
  } catch (error) {
    if (error instanceof ArchiveError) return undefined;
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
