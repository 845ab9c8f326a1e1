// The images in the slots of a service, as they are attached.
import { join } from "node:path";
import { realDisk } from "@host-service/disk";
import { containerDirectory } from "@host-service/slots";
import type { SlotSummary } from "@host-service/slots";
import type { Target } from "../update/target.ts";
import { readImageFile, targetOf } from "./image-file.ts";

const slotNames = ["a", "b"] as const;
type SlotName = (typeof slotNames)[number];

export class SlotImages {
  readonly directory: string;

  constructor(stateDirectory: string, name: string) {
    this.directory = containerDirectory(stateDirectory, name, "portable");
  }

  /** Undefined where the record names nothing, or the slot does not hold it. */
  async of(summary: SlotSummary | undefined): Promise<Target | undefined> {
    return summary === undefined || !summary.bootable ? undefined : await this.#in(summary.slot);
  }

  /** Of both slots, whatever the record says of them. */
  async all(): Promise<Target[]> {
    return (await Promise.all(slotNames.map((slot) => this.#in(slot)))).flatMap((target) => target ?? []);
  }

  /** Undefined where there is no such service. */
  async owner(): Promise<string | undefined> {
    for (const slot of slotNames) {
      const file = await readImageFile(realDisk, this.#slot(slot));
      if (file !== undefined) return file.owner;
    }
    return undefined;
  }

  /** In which slot an image lies; undefined for an image of others. */
  slotOf(image: string): SlotName | undefined {
    return slotNames.find((slot) => image.startsWith(join(this.#slot(slot), "rootfs/")));
  }

  async #in(slot: SlotName): Promise<Target | undefined> {
    const file = await readImageFile(realDisk, this.#slot(slot));
    return file === undefined ? undefined : targetOf(this.#slot(slot), file);
  }

  #slot(slot: SlotName): string {
    return join(this.directory, "slots", slot);
  }
}
