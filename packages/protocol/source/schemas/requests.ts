import { maxLength, optional, picklist, pipe, strictObject, string } from "@host-service/schema";
import type { InferOutput } from "@host-service/schema";
import { Source } from "./source.ts";

export const InstallRequest = strictObject({
  config: Source,
  rootfs: Source,
  meta: optional(Source),
  manifest: optional(Source),
  signature: optional(Source),
});
export type InstallRequest = InferOutput<typeof InstallRequest>;

/** `expect` is a version or a digest: the commit is refused when something else is running. */
export const CommitRequest = strictObject({
  expect: optional(pipe(string(), maxLength(256, "a version or a digest has at most 256 characters"))),
});
export type CommitRequest = InferOutput<typeof CommitRequest>;

/** `duringTrial: "refuse"` makes the daemon answer `trial-running` where a reboot would roll a trial back. */
export const RebootRequest = strictObject({ duringTrial: optional(picklist(["allow", "refuse"])) });
export type RebootRequest = InferOutput<typeof RebootRequest>;

export const NoRequest = strictObject({});
