import { complain, type Rule } from "../tree.ts";

const machinePaths = /(?<![\w.])(\/(?:work|root|Users)\/[\w.-]+|\/home\/(?!user\b|admin\b)\w+)/;
const registries = /\b(registry\.(?:npmjs\.org|npmmirror\.com|yarnpkg\.com)|npm\.pkg\.github\.com)\b/;

/** The project is at home on every machine and takes packages from the registry that the machine is set up for. */
export const standsAlone: Rule = (tree) =>
  [...tree].flatMap(([file, text]) => [
    ...complain(file, text, machinePaths, (found) => `"${found}" is a path of one machine`),
    ...complain(file, text, registries, (found) => `"${found}" is a choice of the machine`),
  ]);
