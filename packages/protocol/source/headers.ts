/** Header names that the two sides use beside the standard ones. */
export const headers = {
  /** The client's choice of the operation's id, so that it can watch the events on a second connection. */
  operationId: "operation-id",
  /** RFC 7240; `respond-async` answers 202 with the operation. */
  prefer: "prefer",
  /** RFC 9530. */
  contentDigest: "content-digest",
  reprDigest: "repr-digest",
  /** Of draft-ietf-httpbis-resumable-upload, structured fields (RFC 9651): a boolean, integers, and a dictionary. */
  uploadComplete: "upload-complete",
  uploadOffset: "upload-offset",
  uploadLength: "upload-length",
  uploadLimit: "upload-limit",
  /** RFC 5789: what a PATCH may be sent as. */
  acceptPatch: "accept-patch",
} as const;

/** What a piece of an upload is sent as. */
export const partialUploadType = "application/partial-upload";

/** A non-negative integer of a structured field; undefined where it is absent or is not one, as the draft wants it to be ignored then. */
export function countOfField(field: string | null): number | undefined {
  const digits = /^\s*(\d{1,15})\s*(?:;.*)?$/.exec(field ?? "")?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** A boolean of a structured field; undefined where it is absent or is not one. */
export function booleanOfField(field: string | null): boolean | undefined {
  const digit = /^\s*\?([01])\s*(?:;.*)?$/.exec(field ?? "")?.[1];
  return digit === undefined ? undefined : digit === "1";
}

export function booleanField(value: boolean): string {
  return value ? "?1" : "?0";
}

/**
 * The sha-256 of a `Content-Digest` or `Repr-Digest` field (RFC 9530: a dictionary of byte sequences), as lower-case hexadecimal;
 * undefined where the field is absent or has no sha-256; null where it cannot be read.
 */
export function sha256OfDigestField(field: string | null): string | undefined | null {
  if (field === null) return undefined;
  for (const member of field.split(",")) {
    const match = /^\s*sha-256\s*=(.*)$/i.exec(member);
    if (match === null) continue;
    const bytes = /^\s*:([A-Za-z0-9+/]{43}=):\s*(?:;.*)?$/.exec(match[1] ?? "");
    return bytes?.[1] === undefined ? null : Buffer.from(bytes[1], "base64").toString("hex");
  }
  return undefined;
}

/** The field value for a sha-256 given in hexadecimal. */
export function digestField(sha256: string): string {
  return `sha-256=:${Buffer.from(sha256, "hex").toString("base64")}:`;
}
