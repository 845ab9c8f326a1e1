import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { checkMountPoints } from "../../source/index.ts";
import { planFrom } from "../kit/plans.ts";

const volumes = `devices:
  data: {type: disk, source: "volume:data", path: /var/lib/data}
  deep: {type: disk, source: "volume:deep", path: /var/lib/data/deep}
`;

/** What is said of a tree with this link, or file, in it. */
function saidOf(path: string, target: string | undefined): string {
  const root = mkdtempSync(join(tmpdir(), "hs-points-"));
  try {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    if (target === undefined) writeFileSync(join(root, path), "");
    else symlinkSync(target, join(root, path));
    checkMountPoints(planFrom(volumes), root);
    return "it fits";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    rmSync(root, { recursive: true });
  }
}

const next = "mount it elsewhere, or have the image make a directory there";

test("checkMountPoints refuses a link, to wherever, where something is mounted or on the way there", () => {
  for (const path of ["/dev", "/proc", "/run", "/sys", "/host", "/var", "/var/lib/data"]) {
    for (const target of ["/etc", "../../../etc", "tmp", "nothing"]) {
      const why = `Cannot mount at "${path}" in the container: a symbolic link is on the way; ${next}`;
      expect(saidOf(path, target)).toBe(why);
    }
    expect(saidOf(path, undefined)).toMatch(
      /^Cannot mount at "[^"]*" in the container: (?:it is no directory|a file is on the way); /,
    );
  }
});

test("checkMountPoints lets a link be where nothing is mounted, and what a volume hides", () => {
  for (const path of ["/tmp", "/var/run", "/etc/mtab", "/var/lib/data/deep"])
    expect(saidOf(path, "../etc")).toBe("it fits");
});
