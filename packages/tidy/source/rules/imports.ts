import { imported } from "../imported.ts";
import { type Manifest, manifests, packageOf } from "../manifests.ts";
import { isTest, type Rule, scripts } from "../tree.ts";

const scope = "@host-service/";

/** Who may import whom, ours. The way from a call to the disk never passes HTTP, and each part can be read alone. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  schema: [],
  signature: ["schema"],
  disk: [],
  fixtures: [],
  tidy: [],
  protocol: ["schema"],
  ingest: ["disk"],
  archive: ["disk", "schema"],
  artifact: ["archive", "disk", "schema"],
  slots: ["disk", "schema"],
  portable: ["archive", "disk", "schema", "slots"],
  runtime: ["archive", "disk", "schema", "slots"],
  upgrade: ["artifact", "disk", "ingest", "schema", "signature", "slots"],
  "guest-api": ["disk", "protocol", "schema"],
  client: ["protocol", "disk"],
  hostctl: ["artifact", "client", "disk", "protocol", "archive", "runtime", "schema", "signature"],
  "host-service": [
    "archive",
    "artifact",
    "disk",
    "guest-api",
    "ingest",
    "portable",
    "protocol",
    "runtime",
    "schema",
    "signature",
    "slots",
    "upgrade",
  ],
  executable: ["archive", "host-service", "hostctl", "ingest", "runtime", "upgrade"],
  e2e: [],
  demo: ["fixtures"],
  bench: ["fixtures", "guest-api"],
  packaging: [],
};

/** Each dependency is used in one place, where it can be changed. */
const homes: Readonly<Record<string, RegExp>> = {
  valibot: /^packages\/schema\/source\//,
  "tar-stream": /^(packages\/archive|fixtures)\/(source|test)\//,
  "xz-decompress": /^packages\/archive\/source\//,
  "@jellybrick": /^packages\/portable\/(source\/bus|test)\//,
  citty: /^packages\/hostctl\/source\//,
  consola: /^packages\/(hostctl\/source\/|host-service\/source\/log\.ts$)/,
  "bun:ffi": /^packages\/disk\/(source|test)\//,
};

/** package.json and the import statements both keep to the table; a test may use what its package.json adds. */
export const importTable: Rule = (tree) => {
  const all = manifests(tree);
  return [...all.flatMap(declared), ...scripts(tree).flatMap(([file, text]) => used(file, text, packageOf(file, all)))];
};

function declared(manifest: Manifest): string[] {
  if (!manifest.name.startsWith(scope)) return [];
  const allowed = mayImport[short(manifest.name)];
  const file = `${manifest.folder}/package.json`;
  if (allowed === undefined) return [`${file}: "${manifest.name}" is not in the table of packages/tidy`];
  return Object.keys(manifest.dependencies)
    .filter((name) => name.startsWith(scope) && !allowed.includes(short(name)))
    .map((name) => `${file}: must not depend on "${name}"`);
}

function used(file: string, text: string, manifest: Manifest | undefined): string[] {
  if (manifest === undefined || !manifest.name.startsWith(scope)) return [];
  const own = short(manifest.name);
  const allowed = [own, ...(mayImport[own] ?? []), ...(isTest(file) ? ours(manifest.devDependencies) : [])];
  return imported(text)
    .filter((name) => name.startsWith(scope) && !allowed.includes(short(name)))
    .map((name) => `${file}: must not import "${name}"`);
}

/** valibot and the others are imported in their homes only. */
export const wrappedDependencies: Rule = (tree) =>
  scripts(tree).flatMap(([file, text]) =>
    imported(text)
      .filter((name) => homes[packageName(name)]?.test(file) === false)
      .map((name) => `${file}: must not import "${name}"; it is wrapped in ${homes[packageName(name)]?.source}`),
  );

/** A relative import stays in its package. */
export const relativeImports: Rule = (tree) => {
  const all = manifests(tree);
  return scripts(tree).flatMap(([file, text]) => {
    const folder = packageOf(file, all)?.folder;
    if (folder === undefined) return [];
    return imported(text)
      .filter((name) => name.startsWith(".") && !new URL(name, `file:///${file}`).pathname.startsWith(`/${folder}/`))
      .map((name) => `${file}: must not import "${name}" of another package by its path`);
  });
};

function ours(dependencies: Readonly<Record<string, string>>): string[] {
  return Object.keys(dependencies)
    .filter((name) => name.startsWith(scope))
    .map(short);
}

/** "@host-service/archive/job" → "archive" */
function short(name: string): string {
  return name.slice(scope.length).split("/")[0] ?? "";
}

/** "consola/basic" → "consola" */
function packageName(name: string): string {
  return name.split("/")[0] ?? "";
}
