import { manifests } from "../manifests.ts";
import { complain, type Rule } from "../tree.ts";

const exact = /^(\d+\.\d+\.\d+(-[\w.]+)?|workspace:\*)$/;

/** A version is one version. */
export const exactVersions: Rule = (tree) =>
  manifests(tree).flatMap(({ folder, dependencies, devDependencies }) =>
    Object.entries({ ...dependencies, ...devDependencies })
      .filter(([, version]) => !exact.test(version))
      .map(([name, version]) => `${folder}/package.json: "${name}" has to be an exact version, got "${version}"`),
  );

/** The lockfile holds for every registry: names, versions and digests, no addresses. */
export const lockfileWithoutAddresses: Rule = (tree) =>
  complain("bun.lock", tree.get("bun.lock") ?? "", /https?:\/\/[^"]+/, (address) => `must not name "${address}"`);
