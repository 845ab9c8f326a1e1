import { noCircles } from "./rules/circles.ts";
import { workingCommands, workingLinks } from "./rules/documents.ts";
import { listedExports } from "./rules/exports.ts";
import { importTable, relativeImports, wrappedDependencies } from "./rules/imports.ts";
import { explainedSkips, silencedChecks, unfinishedWork } from "./rules/leftovers.ts";
import { errorText } from "./rules/messages.ts";
import { speakingNames } from "./rules/names.ts";
import { mirroredTests, wholePackages } from "./rules/packages.ts";
import { fileLength } from "./rules/size.ts";
import { standsAlone } from "./rules/standalone.ts";
import { exactVersions, lockfileWithoutAddresses } from "./rules/versions.ts";
import type { Rule } from "./tree.ts";

/** Every rule that the repository keeps. What a linter knows is in .oxlintrc.json instead. */
export const rules: Readonly<Record<string, Rule>> = {
  importTable,
  wrappedDependencies,
  relativeImports,
  noCircles,
  listedExports,
  exactVersions,
  lockfileWithoutAddresses,
  fileLength,
  speakingNames,
  unfinishedWork,
  silencedChecks,
  explainedSkips,
  standsAlone,
  wholePackages,
  mirroredTests,
  errorText,
  workingLinks,
  workingCommands,
};
