// The two forms of an upgrade: the file as the body, or JSON that names its source.
import { routes, UpgradeRequest } from "@host-service/protocol";
import { ownerOf } from "../listeners/principal.ts";
import type { Principal } from "../listeners/principal.ts";
import { RequestError } from "../problems/request-error.ts";
import type { GivenUpgrade } from "../system/receive-upgrade.ts";
import { readJson } from "./json-body.ts";
import { mediaType, requestedDigest } from "./requested.ts";

const allowDowngrade = "allow-downgrade";

export async function givenUpgradeOf(request: Request, principal: Principal): Promise<GivenUpgrade> {
  const type = mediaType(request, routes.upgradeSystem.body);
  if (type === "application/json") {
    const wanted = await readJson(request, UpgradeRequest);
    return { kind: "sources", wanted, mayNamePaths: principal.kind === "host", owner: ownerOf(principal) };
  }
  if (type === routes.upgradeSystem.body) {
    return { kind: "body", request, sha256: requestedDigest(request), allowDowngrade: wantsDowngrade(request) };
  }
  const got = type === undefined ? "none" : JSON.stringify(type);
  throw new RequestError(
    "invalid-request",
    `Cannot upgrade the system: the content type has to be ${routes.upgradeSystem.body} for the file itself or application/json for a source, got ${got}`,
  );
}

function wantsDowngrade(request: Request): boolean {
  const { searchParams } = new URL(request.url);
  const value = searchParams.get(allowDowngrade);
  if (value === null || value === "false") return false;
  if (value === "true") return true;
  throw new RequestError(
    "invalid-request",
    `Cannot upgrade the system: ${allowDowngrade} is "true" or "false", got ${JSON.stringify(value)}`,
  );
}
