import {
  boolean,
  maxLength,
  nullable,
  optional,
  picklist,
  pipe,
  record,
  regex,
  strictObject,
  string,
} from "@host-service/schema";
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

/**
 * `sha256` and `signature` (minisign's, over the whole file) are of a raw image, which has neither in it; `fileName` is what the
 * caller calls the file.
 */
export const UpgradeRequest = strictObject({
  source: Source,
  signature: optional(Source),
  sha256: optional(pipe(string(), regex(/^[0-9a-f]{64}$/, "a sha-256 digest has 64 hexadecimal digits in lower case"))),
  fileName: optional(pipe(string(), maxLength(255, "a file's name has at most 255 characters"))),
  allowDowngrade: optional(boolean()),
});
export type UpgradeRequest = InferOutput<typeof UpgradeRequest>;

/** `expect` is a version or a digest: the commit is refused when something else is running. */
export const CommitRequest = strictObject({
  expect: optional(pipe(string(), maxLength(256, "a version or a digest has at most 256 characters"))),
});
export type CommitRequest = InferOutput<typeof CommitRequest>;

/** `duringTrial: "refuse"` makes the daemon answer `trial-running` where a reboot would roll a trial back. */
export const RebootRequest = strictObject({ duringTrial: optional(picklist(["allow", "refuse"])) });
export type RebootRequest = InferOutput<typeof RebootRequest>;

const Text = pipe(string(), maxLength(1024 * 1024, "a value has at most 1 MiB"));

/** One update of live keys; null takes a live value back. */
export const ConfigChange = strictObject({ config: record(string(), nullable(Text)) });
export type ConfigChange = InferOutput<typeof ConfigChange>;

/** One update of live devices; null removes one that was added live. */
export const DeviceChange = strictObject({ devices: record(string(), nullable(record(string(), Text))) });
export type DeviceChange = InferOutput<typeof DeviceChange>;

export const NoRequest = strictObject({});
