import type { InstanceConfig } from "@host-service/archive";
import type { Grant } from "../model/grant.ts";
import type { IdRange, MetaHints, Plan } from "../model/plan.ts";

export interface PlanOptions {
  name: string;
  grant: Grant;
  /** The container's own range; not looked at for a privileged one. */
  ids: IdRange | undefined;
  meta?: MetaHints;
}

/**
 * What config.yaml asks for, as a plan for the runtime that it, else the grant, names. Pure: nothing of the host is looked at.
 * Throws RuntimeError "not-granted" or "not-supported", which names the key and the next step. Not for runtime "none".
 */
export function planOf(config: InstanceConfig, options: PlanOptions): Plan {
  throw new Error(`not written yet: ${config.name} ${options.name}`);
}
