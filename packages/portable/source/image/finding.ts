/** The checks of the portable services, in their order. */
type CheckId =
  | "image" // the image is a directory of a slot, or a raw file
  | "name" // the names of the service and the version
  | "prefixes" // which units are meant
  | "os-release"
  | "portable-prefixes" // which prefixes the image allows
  | "units" // at least one matches
  | "links" // none of them leads out of the image
  | "files" // what a service mounts over, as files
  | "directories" // the same, as directories
  | "programs" // what the units start is there
  | "loaders" // and can be started on this host
  | "profile"
  | "host-units"; // no unit of the host has the same name

export interface Finding {
  check: CheckId;
  /** "refused": it is not attached. "unchecked": nobody has looked, which is not the same as that all is well. */
  result: "refused" | "warning" | "unchecked";
  /** In the image, from its root; where it is about one. */
  path?: string;
  /** What is wrong and what to do about it; no full stop. */
  text: string;
}

export type FindingWithoutCheck = Omit<Finding, "check">;

export function refuses(findings: readonly Finding[]): boolean {
  return findings.some(({ result }) => result === "refused");
}
