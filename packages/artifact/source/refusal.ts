import { ArtifactError, type ArtifactErrorKind } from "./error.ts";

/** What could not be done, by the class of the reason. */
const deeds: Readonly<Record<ArtifactErrorKind, "read" | "use" | "trust" | "install">> = {
  "not-an-artifact": "read",
  structure: "read",
  truncated: "read",
  limit: "read",
  version: "use",
  manifest: "use",
  header: "use",
  signature: "trust",
  checksum: "trust",
  unsupported: "install",
  incompatible: "install",
  payload: "install",
  space: "install",
  config: "read",
};

/** `as` is what the file is called in the sentence. */
export function refusal(
  kind: ArtifactErrorKind,
  why: string,
  { as = "the artifact", cause }: { as?: string; cause?: unknown } = {},
): ArtifactError {
  return new ArtifactError(kind, `Cannot ${deeds[kind]} ${as}: ${why}`, cause === undefined ? undefined : { cause });
}

/** The same refusal for who knows the artifact by the name that it has in a set. */
export function ofMember(error: ArtifactError, name: string): ArtifactError {
  const message = error.message.replace(/^(Cannot \w+ the artifact):/u, (_, deed: string) => `${deed} ${shown(name)}:`);
  return new ArtifactError(error.kind, message, { cause: error });
}

export const shownCharactersMax = 100;

/** A name or value from outside: as it is where nothing in it can be misread, else quoted. */
export function shown(text: string): string {
  const cut = text.length > shownCharactersMax ? `${text.slice(0, shownCharactersMax)}…` : text;
  return /^[\w./+:-]+…?$/u.test(cut) ? cut : JSON.stringify(cut);
}
