import type { UnpackReport } from "@host-service/archive";

/** What the tree does not have of the archive, as sentences. */
export function lossesOf({ notKept }: UnpackReport, isShifted: boolean): string[] {
  const { owners, devices, xattrs } = notKept;
  const kinds: [number, string][] = [
    [owners, "owners"],
    [isShifted ? 0 : devices, "device nodes"],
    [xattrs, "extended attributes"],
  ];
  const lost = kinds.filter(([count]) => count > 0).map(([count, kind]) => `${count} ${kind}`);
  const examples = `such as of ${notKept.examples.map((name) => JSON.stringify(name)).join(", ")}`;
  return [
    ...(isShifted && devices > 0
      ? [`${devices} device nodes were left out, ${examples}: the runtime makes /dev of an unprivileged container`]
      : []),
    ...(lost.length === 0
      ? []
      : [`host-service does not run as root and could not keep ${lost.join(", ")}, ${examples}`]),
  ];
}
