// What the job is told: which device comes or goes in which container, as the daemon has planned it.
import { array, boolean, literal, number, picklist, strictObject, string, variant } from "@host-service/schema";
import type { InferOutput } from "@host-service/schema";

const mount = strictObject({
  device: string(),
  source: variant("kind", [
    strictObject({
      kind: literal("volume"),
      volume: string(),
      per: picklist(["container", "slot"]),
      snapshot: boolean(),
    }),
    strictObject({ kind: literal("host"), path: string(), beneath: string() }),
  ]),
  target: string(),
  readonly: boolean(),
  recursive: boolean(),
  required: boolean(),
});

const node = strictObject({
  device: string(),
  kind: picklist(["char", "block"]),
  source: string(),
  target: string(),
  mode: number(),
  uid: number(),
  gid: number(),
  required: boolean(),
});

const pluggable = variant("kind", [
  strictObject({ kind: literal("mount"), mount }),
  strictObject({ kind: literal("node"), node }),
]);
export type Pluggable = InferOutput<typeof pluggable>;

export const plugRequest = strictObject({
  verb: picklist(["in", "out"]),
  what: pluggable,
  /** The container's first process. */
  init: number(),
  containerDirectory: string(),
  slotDirectory: string(),
  ownPaths: array(string()),
  /** The host's mounts, as a start has them: those of the daemon's unit are restricted. */
  hostMounts: string(),
  /** A directory of ours on which a file system can be mounted for a moment. */
  spare: string(),
});
export type PlugRequest = InferOutput<typeof plugRequest>;
