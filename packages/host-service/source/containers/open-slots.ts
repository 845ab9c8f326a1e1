import { realDisk } from "@host-service/disk";
import { containerDirectory, openSlots } from "@host-service/slots";
import type { Slots } from "@host-service/slots";
import type { Configuration } from "../configuration/configuration.ts";

/** The slots of a container of this host, in this boot. */
export function slotsOf(
  name: string,
  { configuration, bootId }: { configuration: Configuration; bootId: string },
): Slots {
  return openSlots({
    disk: realDisk,
    directory: containerDirectory(configuration.stateDirectory, name),
    runDirectory: configuration.runDirectory,
    bootId,
    now: () => new Date(),
  });
}
