import { ContainerName } from "@host-service/protocol";
import { parse } from "@host-service/schema";
import type { Principal } from "../listeners/principal.ts";
import { RequestError } from "../problems/request-error.ts";

/** In a path: the caller's own container; on the host listener the only one, or the one that the image names. */
const ownName = "~";

/** Undefined where the caller leaves it open; an image may say it then. */
export function ownOrGiven(given: string, principal: Principal): string | undefined {
  const name = parse(ContainerName, given, { subject: "the container's name" });
  if (principal.kind === "host") return name === ownName ? undefined : name;
  if (name === ownName || name === principal.name) return principal.name;
  throw new RequestError(
    "not-allowed",
    `Cannot reach "${name}": "${principal.name}" manages itself and no other container`,
  );
}
