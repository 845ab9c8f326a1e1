import { PortableError } from "../error.ts";
import type { Inspected } from "../image/inspect.ts";
import { isVersion } from "../image/names.ts";

/** All that refuses, in one sentence. */
export function refuseFindings({ findings, isFit }: Inspected): void {
  if (isFit) return;
  const refusals = findings.filter(({ result }) => result === "refused").map(({ text }) => text);
  throw new PortableError("findings", `Cannot attach the image: ${refusals.join(". Also: ")}`);
}

/** The version that stands in the name of the image, where os-release says one that can. */
export function versionOrDefault(version: string | undefined): string {
  const plain = (version ?? "").replaceAll(/[^A-Za-z0-9.~-]/g, "-").slice(0, 64);
  return isVersion(plain) ? plain : "0";
}
