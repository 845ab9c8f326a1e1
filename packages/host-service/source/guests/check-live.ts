// Whether a container can be started with what is going to be set live: what would only fail at its next start fails now, with nothing changed.
import type { InstanceConfig } from "@host-service/archive";
import { runtimeOf, wantedOf } from "@host-service/runtime";
import type { Grant, Wanted } from "@host-service/runtime";
import { RequestError } from "../problems/request-error.ts";
import { effectiveOf, undoIn } from "./effective.ts";
import type { Live } from "./live.ts";

export interface LiveCheck {
  name: string;
  grant: Grant;
  /** Of the image that this boot runs. */
  image: InstanceConfig;
  /** What is refused, as in "Cannot set …". */
  deed: string;
}

/** Throws what the runtime cannot do, or what `[containers.NAME]` does not grant. */
export function checkLive(live: Live, { name, grant, image, deed }: LiveCheck): Wanted {
  const config = effectiveOf(image, live);
  if (runtimeOf(config, grant) === "none") {
    const why = `the host's own units run "${name}" (runtime: none) and know nothing of what is set live`;
    const next = "only user.*, cloud-init.* and the switches of the guest API can be; write it into config.yaml";
    throw new RequestError("not-supported", `Cannot ${deed}: ${why}; ${next}`);
  }
  // Before it is there, nothing is to be taken back.
  const undo = undoIn(live, name);
  return wantedOf(config, { name, grant, deed, undoOf: (key) => (undo(key) === undefined ? undefined : "") });
}

/** Whether what is there can be started; if not, a change that only takes something back is always good. */
export function canStartWith(live: Live, check: LiveCheck): boolean {
  try {
    checkLive(live, check);
    return true;
  } catch {
    // Why does not matter here: whoever changes it is told of what he changes.
    return false;
  }
}
