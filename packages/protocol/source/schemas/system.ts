import { array, object, optional, string } from "@host-service/schema";
import type { InferOutput } from "@host-service/schema";
import { ContainerStatus } from "./container.ts";

/** The host's own A/B state, in the shape of a container's; its name is "host". */
export const SystemStatus = object({
  ...ContainerStatus.entries,
  /** The highest version that was ever committed: what is older is refused. */
  floor: optional(string()),
  /** What brings an image into a slot: "partitions", "mender", "rauc" or "swupdate". */
  backend: string(),
});
export type SystemStatus = InferOutput<typeof SystemStatus>;

/** What a finished change of the system answers. Warnings are sentences for a person. */
export const SystemAnswer = object({
  system: SystemStatus,
  warnings: array(string()),
  operation: string(),
});
export type SystemAnswer = InferOutput<typeof SystemAnswer>;
