import type { InstanceConfig } from "@host-service/archive";
import type { Grant, RuntimeName } from "../model/grant.ts";

/** What runs a container: its config.yaml says, else the host, else the host's own units do. */
export function runtimeOf(config: Pick<InstanceConfig, "runtime">, grant: Pick<Grant, "runtime">): RuntimeName {
  return config.runtime ?? grant.runtime;
}
