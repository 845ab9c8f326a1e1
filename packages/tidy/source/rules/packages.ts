import path from "node:path";
import { imported } from "../imported.ts";
import { manifests } from "../manifests.ts";
import { isTest, type Rule, type Tree } from "../tree.ts";

const referenced = /"path":\s*"([^"]+)"/g;

/** Every package says what it is for, and the compiler and the tests see it. */
export const wholePackages: Rule = (tree) => {
  const checked = [...(tree.get("tsconfig.json") ?? "").matchAll(referenced)].map((match) => match[1]);
  return manifests(tree)
    .filter(({ folder }) => folder !== ".")
    .flatMap(({ folder }) => [
      ...(tree.has(`${folder}/README.md`) ? [] : [`${folder}: has no README.md`]),
      ...(checked.includes(folder) ? [] : [`${folder}: is not in the references of tsconfig.json`]),
    ]);
};

/** Folders whose tests are elsewhere, and where. */
const testedElsewhere: Readonly<Record<string, string>> = {
  "packages/executable/source": "e2e: only the compiled program shows what it does by its names",
  "packages/host-service/source/commands": "e2e: the program's own commands",
  "packages/host-service/source/containers": "e2e: the parts meet here, and the state table is walked over the socket",
  "packages/host-service/source/http": "e2e: every route over the socket",
  "packages/hostctl/source/output": "packages/hostctl/test/golden: what every command prints",
  "packages/protocol/source/schemas": "packages/protocol/test/openapi.test.ts: the document that is made of them",
};

/** A folder of sources has its tests under the same name, test/<folder>/ or test/<folder>.test.ts, or a test that imports from it. */
export const mirroredTests: Rule = (tree) => {
  const tests = [...tree].filter(([file]) => isTest(file) && file.endsWith(".test.ts")).map(readTest);
  return sourceFolders(tree)
    .filter((folder) => !Object.hasOwn(testedElsewhere, folder) && !tests.some((test) => covers(test, folder)))
    .map((folder) => `${folder}: has no test in ${mirrorOf(folder)}/`);
};

interface Test {
  file: string;
  /** The files of ours that it imports; read once, as every folder is looked for in every test. */
  targets: readonly string[];
}

function readTest([file, text]: [file: string, text: string]): Test {
  const targets = imported(text).map((name) => path.posix.join(path.posix.dirname(file), name));
  return { file, targets };
}

function covers({ file, targets }: Test, folder: string): boolean {
  if (file.startsWith(`${mirrorOf(folder)}/`) || file === `${mirrorOf(folder)}.test.ts`) return true;
  return targets.some((target) => target.startsWith(`${folder}/`));
}

function mirrorOf(folder: string): string {
  return folder.replace("/source", "/test");
}

function sourceFolders(tree: Tree): string[] {
  const found = [...tree.keys()].map((file) => /^packages\/[\w-]+\/source(\/\w[\w-]*(?=\/))?/.exec(file)?.[0]);
  return [...new Set(found.filter((folder) => folder !== undefined))];
}
