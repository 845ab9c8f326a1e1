/** Why an upgrade file is refused: the closed list of the classes that a caller may rely on. */
export type ArtifactErrorKind =
  | "not-an-artifact"
  | "structure"
  | "truncated"
  | "limit"
  | "version"
  | "manifest"
  | "signature"
  | "checksum"
  | "header"
  | "unsupported"
  | "incompatible"
  | "payload"
  | "space"
  | "config";

/** An expected failure of this package: `Cannot <do what>: <why>`, with the member or the file in the reason. */
export class ArtifactError extends Error {
  override readonly name = "ArtifactError";
  readonly kind: ArtifactErrorKind;

  constructor(kind: ArtifactErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
