// An image of a portable service becomes a file of the inbox, and its signature is compared with the host's keys.
import { read } from "node:fs";
import { promisify } from "node:util";
import type { PortableRequest } from "@host-service/protocol";
import type { ArrivedFile } from "@host-service/portable";
import { SignatureError, parseSignature, readDetached } from "@host-service/signature";
import type { Policy, Signer } from "@host-service/signature";
import type { GivenUpgrade, ReceptionContext } from "../system/receive-upgrade.ts";
import { withUpgrade } from "../system/receive-upgrade.ts";

/** What an attach is given: the request's body, or the sources that its JSON names. */
export type GivenImage =
  | { kind: "body"; request: Request; sha256: string | undefined; terms: PortableTerms }
  | { kind: "sources"; wanted: PortableRequest; mayNamePaths: boolean; owner: string };

export type PortableTerms = Pick<PortableRequest, "profile" | "prefixes">;

export function termsOf(given: GivenImage): PortableTerms {
  return given.kind === "body" ? given.terms : given.wanted;
}

/** The image is whole and, where the host has keys, signed by one of them. */
export async function withImage<Result>(
  given: GivenImage,
  { policy, ...context }: Omit<ReceptionContext, "takes" | "name"> & { policy: Policy },
  use: (file: ArrivedFile, signer: Signer | undefined) => Promise<Result>,
): Promise<Result> {
  const reception = { ...context, takes: "file", name: "the image" } as const;
  return await withUpgrade(sourceOf(given), reception, async ({ source, terms }) => {
    if (source.kind !== "file" || source.path === undefined || source.sha256 === undefined)
      throw new Error("Invariant: an image of a portable service lies in the inbox");
    const { fd, path, bytes, sha256 } = source;
    if (terms.sha256 !== undefined && terms.sha256 !== sha256) {
      throw new SignatureError(
        "manifest-mismatch",
        `Cannot verify the image: its sha-256 is ${sha256}, and ${terms.sha256} was asked for; send it again`,
      );
    }
    return await use({ fd, path, bytes, sha256 }, await signerOf({ fd, bytes }, terms.signature, policy));
  });
}

function sourceOf(given: GivenImage): GivenUpgrade {
  if (given.kind === "body") return { ...given, allowDowngrade: false };
  const { image, signature, sha256 } = given.wanted;
  const wanted = {
    source: image,
    ...(signature === undefined ? {} : { signature }),
    ...(sha256 === undefined ? {} : { sha256 }),
  };
  return { ...given, wanted };
}

/** Without keys nobody can say more than what the signature claims. */
async function signerOf(
  file: { fd: number; bytes: number },
  signature: Uint8Array | undefined,
  { keyring, signatureRequiredBy }: Policy,
): Promise<Signer | undefined> {
  if (signature === undefined) {
    if (signatureRequiredBy === undefined) return undefined;
    throw new SignatureError(
      "no-signature",
      `Cannot take the image: it has no signature, and ${signatureRequiredBy} asks for one; make one with "hostctl image sign --detached" and leave it beside the image, as <image>.minisig`,
    );
  }
  if (keyring.keys.length === 0) {
    const { keyId, trustedComment } = parseSignature(signature, "the signature");
    return { keyId, trustedComment, verified: false };
  }
  return readDetached({ blake2b512: await digestOf(file), signature }, { keyring, now: new Date() });
}

const chunkBytes = 1024 * 1024;
const readAt = promisify(read);

async function digestOf({ fd, bytes }: { fd: number; bytes: number }): Promise<Uint8Array> {
  const hasher = new Bun.CryptoHasher("blake2b512");
  const chunk = new Uint8Array(chunkBytes);
  for (let at = 0; at < bytes;) {
    const { bytesRead } = await readAt(fd, chunk, 0, chunkBytes, at);
    if (bytesRead === 0) break;
    hasher.update(chunk.subarray(0, bytesRead));
    at += bytesRead;
  }
  return hasher.digest();
}
