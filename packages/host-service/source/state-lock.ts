// One daemon, or one seed, for each state directory: a second one would sweep the inbox under the first.
import { join } from "node:path";
import { DiskError, lockFile } from "@host-service/disk";
import type { Lock } from "@host-service/disk";

/** A daemon that is being replaced has a moment to end. */
const waitMs = 2000;

export async function lockState(stateDirectory: string): Promise<Lock> {
  try {
    return await lockFile(join(stateDirectory, "lock"), { waitMs });
  } catch (error) {
    if (!(error instanceof DiskError) || error.kind !== "lock-held") throw error;
    const why = "another host-service is using it; stop that one, or give this one another state_dir";
    throw new Error(`Cannot use the state in "${stateDirectory}": ${why}`, { cause: error });
  }
}
