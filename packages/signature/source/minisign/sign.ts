import { sign } from "node:crypto";
import { SignatureError } from "../error.ts";
import { commentProblem, keyIdBytes, trustedLabel, untrustedLabel } from "./lines.ts";
import type { SecretKey } from "./secret-key.ts";
import { type Message, commentedSignature, prehash, prehashed } from "./signature.ts";

export interface Comments {
  trusted: string;
  untrusted: string;
}

/** A signature file as `minisign -S` writes it: prehashed, with both comments. Throws SignatureError "signature-invalid" for a comment. */
export function signMessage(message: Message, { keyId, key }: SecretKey, comments: Comments): string {
  checkComment("trusted", comments.trusted, trustedLabel);
  checkComment("untrusted", comments.untrusted, untrustedLabel);
  const signature = sign(null, message instanceof Uint8Array ? prehash(message) : message.blake2b512, key);
  const commentSignature = sign(null, commentedSignature(signature, comments.trusted), key);
  const line = Buffer.concat([Buffer.from(prehashed), keyIdBytes(keyId), signature]).toString("base64");
  return [
    `${untrustedLabel}${comments.untrusted}`,
    line,
    `${trustedLabel}${comments.trusted}`,
    commentSignature.toString("base64"),
    "",
  ].join("\n");
}

function checkComment(which: string, comment: string, label: typeof trustedLabel | typeof untrustedLabel): void {
  const problem = commentProblem(comment, label);
  if (problem === undefined) return;
  throw new SignatureError("signature-invalid", `Cannot sign: the ${which} comment ${problem}`);
}
