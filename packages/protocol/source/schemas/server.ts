import { array, boolean, literal, object, optional, picklist, string } from "@host-service/schema";
import type { InferOutput } from "@host-service/schema";

/** What this daemon can do for this caller; a client asks before it relies on one. */
export const features = ["container", "power", "path", "descriptor", "system", "portable"] as const;

export const ServerInfo = object({
  name: literal("host-service"),
  version: string(),
  api: literal(1),
  /** "container", "power"; "system" where the host's own slots are configured; "path" where literal paths are accepted, which is on the host listener; "descriptor" where open files are, by the peer socket. */
  features: array(picklist(features)),
  bootId: string(),
  /** Whose listener this is: "host", or the container's name. */
  listener: string(),
});
export type ServerInfo = InferOutput<typeof ServerInfo>;

export const Pong = object({ ok: boolean() });
export const Accepted = object({ ok: literal(true) });

/** `warnings` says what of the change counts from the container's next start. */
export const LiveChanged = object({ ok: literal(true), warnings: optional(array(string()), []) });
