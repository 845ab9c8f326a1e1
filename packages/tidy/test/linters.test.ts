// The linters are only as good as their configuration: with ours they have to find what is planted here.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { mistakes } from "./planted.ts";

const root = path.resolve(import.meta.dirname, "../../..");

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "tidy-linters-"));
  for (const name of [".gitignore", ".oxlintrc.json", "knip.json", "tsconfig.base.json"])
    await cp(path.join(root, name), path.join(folder, name));
  await symlink(path.join(root, "node_modules"), path.join(folder, "node_modules"));
  const planted = path.join(folder, "packages/planted");
  await mkdir(path.join(planted, "source"), { recursive: true });
  await mkdir(path.join(planted, "test"));
  await symlink(path.join(root, "node_modules"), path.join(planted, "node_modules"));
  const files: Record<string, string> = {
    "package.json": '{"name":"planted","private":true,"workspaces":["packages/*"]}',
    "packages/planted/package.json": '{"name":"@host-service/planted","exports":{".":"./source/index.ts"}}',
    "packages/planted/tsconfig.json":
      '{"extends":"../../tsconfig.base.json","compilerOptions":{"rootDir":".","outDir":"build"},"include":["source"]}',
    "packages/planted/source/mistakes.ts": `${mistakes.map(([, line]) => line).join("\n")}\n`,
    "packages/planted/source/index.ts": 'export { used } from "./used.ts";\n',
    "packages/planted/source/used.ts": "export const used = 1;\nexport const exportedForNobody = 2;\n",
  };
  for (const [file, text] of Object.entries(files)) await writeFile(path.join(folder, file), text);
});

afterAll(() => rm(folder, { recursive: true }));

test("oxlint finds each planted mistake on its line", async () => {
  const { output, status } = await run("oxlint", "--type-aware", "--deny-warnings", "--format=unix", "packages");
  const found = output.matchAll(/mistakes\.ts:(\d+):.*\[Error\/(.*)\]$/gm);
  const lines = Map.groupBy(found, (match) => Number(match[1]));
  const seen = mistakes.map(([rule], index) =>
    (lines.get(index + 1) ?? []).map((match) => match[2]).find((name) => name === rule),
  );
  expect(seen).toEqual(mistakes.map(([rule]) => rule));
  expect(status).toBe(1);
});

test("oxlint is quiet about good code", async () => {
  expect(await run("oxlint", "--type-aware", "--deny-warnings", "packages/planted/source/index.ts")).toMatchObject({
    status: 0,
  });
});

test("knip finds a planted unused export and an unused file, and nothing in what is used", async () => {
  const { output, status } = await run(
    "knip",
    "--no-progress",
    "--no-config-hints",
    "--reporter=json",
    "--workspace=packages/planted",
  );
  expect(output).toContain('"name":"exportedForNobody"');
  expect(output).toContain("packages/planted/source/mistakes.ts");
  expect(output).not.toContain('"name":"used"');
  expect(status).toBe(1);
});

async function run(tool: string, ...args: string[]): Promise<{ output: string; status: number }> {
  const command = [process.execPath, "--bun", path.join(root, "node_modules/.bin", tool), ...args];
  const child = Bun.spawn(command, { cwd: folder, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [out, err, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { output: `${out}${err}`, status };
}
