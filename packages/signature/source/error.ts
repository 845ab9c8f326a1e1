/** The closed list of reasons for which an image is not trusted, or a key or signature is not used. */
export type SignatureErrorKind =
  | "no-signature"
  | "signature-invalid"
  | "unknown-key"
  | "bad-signature"
  | "bad-comment-signature"
  | "key-expired"
  | "key-revoked"
  | "manifest-invalid"
  | "manifest-mismatch"
  | "missing-part"
  | "extra-part"
  | "wrong-image"
  | "key-invalid"
  | "password-needed"
  | "wrong-password";

export class SignatureError extends Error {
  override readonly name = "SignatureError";
  readonly kind: SignatureErrorKind;

  constructor(kind: SignatureErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
