// What a request says beside its body: the type and the digest of it, and the id of the operation.
import { headers, OperationId, sha256OfDigestField } from "@host-service/protocol";
import { parse } from "@host-service/schema";
import { RequestError } from "../problems/request-error.ts";

/** The id that the client chose for its operation, if it did. */
export function requestedId(request: Request): string | undefined {
  const id = request.headers.get(headers.operationId);
  return id === null ? undefined : parse(OperationId, id, { subject: "the header Operation-Id" });
}

/** The body is the representation, so that both fields of RFC 9530 mean the same here. */
export function requestedDigest(request: Request): string | undefined {
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

/** Without a type a body is taken for what the route takes: that is what `curl -T` sends. */
export function mediaType(request: Request, untyped: string): string | undefined {
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type === undefined || type === "") return request.body === null ? undefined : untyped;
  return type;
}
