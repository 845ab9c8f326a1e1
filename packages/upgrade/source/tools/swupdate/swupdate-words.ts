// What SWUpdate's log says. Its exit code is 0 or 1, and nothing else tells why.
import type { ArtifactErrorKind } from "@host-service/artifact";
import { lastWords, type ToolEnding } from "../run/run-tool.ts";

const failed = /^\[ERROR\] ?: SWUPDATE failed \[\d+\](?: ERROR)?[\s:]*(?:\S+ : \S+ : \d+ : )?(.+)$/u;

/** The first complaint: the later ones only follow from it. */
export function swupdateReason(ending: ToolEnding): string {
  const complaints = [...ending.errors, ...ending.output].map((line) => failed.exec(line)?.[1]);
  return complaints.find((complaint) => complaint !== undefined) ?? lastWords(ending);
}

const blames: readonly (readonly [RegExp, ArtifactErrorKind])[] = [
  [/^Authentication of all signatures failed|signature/iu, "signature"],
  [/^SW not compatible with hardware/u, "incompatible"],
  [/^HASH mismatch/u, "checksum"],
];

/** What is wrong with the file, where the words blame it. */
export function blamedBy(reason: string): ArtifactErrorKind | undefined {
  return blames.find(([words]) => words.test(reason))?.[1];
}

/** The version that sw-description has, in a line of the verbose log. */
export function versionIn(line: string): string | undefined {
  return /\] : Version (\S.*)$/u.exec(line)?.[1];
}

/** Whether the signature of the description was verified; a SWUpdate that was built without that says nothing. */
export function isVerified(line: string): boolean {
  return line.endsWith("] : Verified OK");
}
