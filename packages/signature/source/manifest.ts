// The manifest of an image: its name, its version, and the digest of every part. It is what is signed, so it has to say all.
import {
  SchemaError,
  integer,
  literal,
  maxLength,
  minLength,
  minValue,
  number,
  parse,
  pipe,
  record,
  regex,
  strictObject,
  string,
} from "@host-service/schema";
import type { InferOutput } from "@host-service/schema";
import { SignatureError } from "./error.ts";

const manifestBytesMax = 64 * 1024;

const Word = pipe(string(), minLength(1, "has to have a value"), maxLength(256, "is too long"));
const PartName = pipe(
  string(),
  regex(/^(?:config\.yaml|(?:meta|rootfs)\.tar(?:\.(?:xz|zst|gz))?)$/, "is not the name of a part of an image"),
);
const Part = strictObject({
  sha256: pipe(string(), regex(/^[0-9a-f]{64}$/, "has to be 64 hexadecimal digits")),
  bytes: pipe(number(), integer("has to be a whole number"), minValue(1, "has to be at least 1")),
});

/** Unknown members are refused: who signed them meant something by them. */
const ImageManifest = strictObject({
  format: literal(1),
  name: Word,
  version: Word,
  parts: record(PartName, Part),
});
export type ImageManifest = InferOutput<typeof ImageManifest>;
export type ManifestPart = InferOutput<typeof Part>;

/** The parts of an image as they came. How the archives are packed is told by their content, so a part has no name here. */
export interface ImageParts {
  config: ManifestPart;
  rootfs: ManifestPart;
  meta?: ManifestPart | undefined;
}

/** Throws SignatureError "manifest-invalid". */
export function parseManifest(contents: Uint8Array): ImageManifest {
  if (contents.byteLength > manifestBytesMax) {
    throw invalid(`it has ${contents.byteLength} bytes, and at most ${manifestBytesMax} are read`);
  }
  const manifest = checked(decoded(contents));
  const roles = Object.keys(manifest.parts).map(roleOf);
  const twice = roles.find((role, index) => roles.indexOf(role) !== index);
  if (twice !== undefined) throw invalid(`it names two parts "${twice}"`);
  return manifest;
}

export function writeManifest(manifest: Omit<ImageManifest, "format">): string {
  return `${JSON.stringify({ format: 1, ...manifest }, undefined, 2)}\n`;
}

/** Nothing other, nothing missing, nothing extra. Throws SignatureError. */
export function checkParts(manifest: ImageManifest, parts: ImageParts): void {
  const given = new Map<string, ManifestPart>();
  for (const [role, part] of Object.entries(parts)) if (part !== undefined) given.set(role, part);
  for (const [name, signed] of Object.entries(manifest.parts)) {
    const part = given.get(roleOf(name));
    if (part === undefined) {
      throw new SignatureError(
        "missing-part",
        `Cannot verify the image: its manifest names "${name}", which is missing`,
      );
    }
    if (part.sha256 !== signed.sha256 || part.bytes !== signed.bytes) throw mismatch(name, part, signed);
    given.delete(roleOf(name));
  }
  for (const extra of given.keys()) {
    throw new SignatureError("extra-part", `Cannot verify the image: its manifest does not name its part "${extra}"`);
  }
}

/** Throws SignatureError "wrong-image" where config.yaml says another name or version than the manifest. */
export function checkIdentity(
  manifest: ImageManifest,
  config: { name?: string | undefined; version?: string | undefined },
): void {
  for (const member of ["name", "version"] as const) {
    const own = config[member];
    if (own === undefined || own === manifest[member]) continue;
    throw new SignatureError(
      "wrong-image",
      `Cannot verify the image: its manifest is of ${member} "${manifest[member]}", its config.yaml of "${own}"`,
    );
  }
}

/** "rootfs.tar.xz" → "rootfs", "config.yaml" → "config". */
function roleOf(name: string): string {
  return name.slice(0, name.indexOf("."));
}

function mismatch(name: string, part: ManifestPart, signed: ManifestPart): SignatureError {
  // Sixteen digits tell them apart, and leave the message a line that a person reads.
  const tell = ({ sha256, bytes }: ManifestPart) => `${bytes} bytes with sha-256 ${sha256.slice(0, 16)}…`;
  return new SignatureError(
    "manifest-mismatch",
    `Cannot verify the image: "${name}" has ${tell(part)}, and its manifest says ${tell(signed)}; fetch it again, or sign it again`,
  );
}

function decoded(contents: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(contents));
  } catch (error) {
    throw invalid("it is not JSON", { cause: error });
  }
}

function checked(document: unknown): ImageManifest {
  try {
    return parse(ImageManifest, document, { subject: "the manifest" });
  } catch (error) {
    if (error instanceof SchemaError) throw invalid(error.problem, { cause: error });
    throw error;
  }
}

function invalid(why: string, options?: ErrorOptions): SignatureError {
  return new SignatureError("manifest-invalid", `Cannot read the manifest: ${why}`, options);
}
