import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { digestOfInputs } from "../../compile/inputs.ts";

let root: string;

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), "inputs-test-"));
  for (const folder of ["source/deep", "test"])
    await mkdir(path.join(root, "packages/slots", folder), { recursive: true });
  for (const file of ["package.json", "bun.lock", "packages/slots/package.json"]) await write(file, "{}");
});

afterAll(() => rm(root, { recursive: true }));

async function write(file: string, text: string): Promise<void> {
  await writeFile(path.join(root, file), text);
}

test("digestOfInputs changes with a source, the lockfile and the options", async () => {
  const digests = [await digestOfInputs(root, ["--minify"])];
  await write("packages/slots/source/deep/boot.ts", "export {};");
  digests.push(await digestOfInputs(root, ["--minify"]));
  await write("packages/slots/source/deep/boot.ts", "export { };");
  digests.push(await digestOfInputs(root, ["--minify"]));
  await write("bun.lock", "{ }");
  digests.push(await digestOfInputs(root, ["--minify"]));
  digests.push(await digestOfInputs(root, ["--minify", "--target=bun-linux-arm64"]));
  expect(new Set(digests).size).toBe(digests.length);
});

test("digestOfInputs stays with the same sources, whatever the tests are", async () => {
  const before = await digestOfInputs(root, []);
  await write("packages/slots/test/boot.test.ts", "export {};");
  expect(await digestOfInputs(root, [])).toBe(before);
});
