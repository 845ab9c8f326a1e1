// The two forms of an install: the bundle as the body, or JSON that names a source for each part.
import { headers, InstallRequest, OperationId, routes, sha256OfDigestField } from "@host-service/protocol";
import { parse } from "@host-service/schema";
import type { ImageSource } from "../containers/receive.ts";
import { ownerOf } from "../listeners/principal.ts";
import type { Principal } from "../listeners/principal.ts";
import { RequestError } from "../problems/request-error.ts";
import { readJson } from "./json-body.ts";

/** Bundles under the names that curl and others give to a file. */
const bundleTypes: readonly string[] = [routes.installContainer.body, "application/octet-stream", "application/tar"];

export async function imageSourceOf(request: Request, principal: Principal): Promise<ImageSource> {
  const type = mediaType(request);
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

/** The id that the client chose for its operation, if it did. */
export function requestedId(request: Request): string | undefined {
  const id = request.headers.get(headers.operationId);
  return id === null ? undefined : parse(OperationId, id, { subject: "the header Operation-Id" });
}

/** The body is the representation, so that both fields of RFC 9530 mean the same here. */
function requestedDigest(request: Request): string | undefined {
  const fields = [headers.contentDigest, headers.reprDigest].flatMap((name) => {
    const field = request.headers.get(name);
    return field === null ? [] : [{ name, sha256: sha256OfDigestField(field) }];
  });
  const digests = new Set(fields.flatMap(({ sha256 }) => sha256 ?? []));
  // A digest that nobody checks is worse than none, so another algorithm alone is refused as well.
  const unread = fields.find(({ sha256 }) => sha256 === null) ?? (digests.size === 0 ? fields[0] : undefined);
  if (unread !== undefined) {
    throw new RequestError(
      "invalid-request",
      `Cannot read the header ${unread.name}: it has to be sha-256=:<base64>: (RFC 9530)`,
    );
  }
  if (digests.size > 1) {
    const both = `${headers.contentDigest} and ${headers.reprDigest}`;
    throw new RequestError("invalid-request", `Cannot check the body: ${both} differ; send the one that is right`);
  }
  return [...digests][0];
}

/** Without a type a body is taken for a bundle: that is what `curl -T` sends. */
function mediaType(request: Request): string | undefined {
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type === undefined || type === "") return request.body === null ? undefined : routes.installContainer.body;
  return type;
}
