// The two forms of an install: the bundle as the body, or JSON that names a source for each part.
import { InstallRequest, routes } from "@host-service/protocol";
import type { ImageSource } from "../containers/receive.ts";
import { ownerOf } from "../listeners/principal.ts";
import type { Principal } from "../listeners/principal.ts";
import { RequestError } from "../problems/request-error.ts";
import { readJson } from "./json-body.ts";
import { mediaType, requestedDigest } from "./requested.ts";

/** Bundles under the names that curl and others give to a file. */
const bundleTypes: readonly string[] = [routes.installContainer.body, "application/octet-stream", "application/tar"];

export async function imageSourceOf(request: Request, principal: Principal): Promise<ImageSource> {
  const type = mediaType(request, routes.installContainer.body);
  if (type !== undefined && bundleTypes.includes(type)) {
    return { kind: "bundle", request, sha256: requestedDigest(request) };
  }
  if (type === "application/json") {
    const parts = await readJson(request, InstallRequest);
    return { kind: "parts", parts, mayNamePaths: principal.kind === "host", owner: ownerOf(principal) };
  }
  const got = type === undefined ? "none" : JSON.stringify(type);
  throw new RequestError(
    "invalid-request",
    `Cannot install the image: the content type has to be ${routes.installContainer.body} for a bundle or application/json for sources, got ${got}`,
  );
}
