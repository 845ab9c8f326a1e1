import { ArchiveError } from "../error.ts";

/** How the archive is called in every sentence about it. */
export const metaSubject = "meta.tar.xz";

export function refuseMeta(why: string): ArchiveError {
  return new ArchiveError("config", `Cannot read ${metaSubject}: ${why}`);
}

export function refuseTemplate(name: string, why: string): ArchiveError {
  return new ArchiveError("config", `Cannot apply template ${clean(name)}: ${why}`);
}

const shownCharactersMax = 200;

/** Text of strangers for a person: without what a terminal would obey, and short. */
export function clean(text: string, charactersMax = shownCharactersMax): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, " ").trim();
  return plain.length > charactersMax ? `${plain.slice(0, charactersMax)}…` : plain;
}
