// Whose ids the files of a container have.
import type { IdRange, InstanceConfig } from "@host-service/archive";
import { runtimeOf } from "@host-service/runtime";
import type { Grant } from "@host-service/runtime";
import type { Staging } from "@host-service/slots";

/**
 * The container's own range, or undefined where its owners are the archive's: a privileged container is the host's root, and
 * where the host's own units run it nobody would tell the kernel of a range.
 */
export async function idsFor(
  config: InstanceConfig,
  { grant, staging }: { grant: Grant; staging: Staging },
): Promise<IdRange | undefined> {
  if (runtimeOf(config, grant) === "none" || config.config["security.privileged"] === "true") return undefined;
  return await staging.allocateIds();
}
