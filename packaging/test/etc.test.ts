import { expect, test } from "bun:test";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

const etc = path.resolve(import.meta.dirname, "../etc");
const root = path.resolve(import.meta.dirname, "../..");

/** Every commented line that is a key, a section or a value becomes one. */
function uncommented(text: string): string {
  return text.replaceAll(/^#(?=\[|[a-z_]+ = )/gm, "");
}

async function checked(text: string): Promise<{ status: number; said: string }> {
  const directory = await mkdtemp(path.join(tmpdir(), "config-test-"));
  try {
    const file = path.join(directory, "config.toml");
    await writeFile(file, text);
    const main = path.join(root, "packages/executable/source/main.ts");
    const child = Bun.spawnSync([process.execPath, main, "host-service", "check-config", "--config", file]);
    return { status: child.exitCode, said: child.stdout.toString() };
  } finally {
    await rm(directory, { recursive: true });
  }
}

test("config.toml changes nothing, and what it shows is valid", async () => {
  const text = await readFile(path.join(etc, "config.toml"), "utf8");
  expect(text.replaceAll(/^#.*$/gm, "").trim()).toBe("");
  expect(await checked(text)).toMatchObject({ status: 0 });
  // The keys that it names are nobody's: everything before them was taken.
  const all = uncommented(text).replaceAll(/^(keys|raw_images) = .*$/gm, "");
  expect(all.match(/^\[/gm)?.length).toBe(6);
  expect(await checked(all)).toMatchObject({ status: 0 });
  expect(await checked(all.replace("reserve_bytes", "reserve_byte"))).toMatchObject({ status: 1 });
});

test("config.toml shows every limit and every grant", async () => {
  const shown = uncommented(await readFile(path.join(etc, "config.toml"), "utf8"));
  const toml = Bun.TOML.parse(shown) as { limits: object; containers: { edge: object } };
  expect(Object.keys(toml.limits)).toEqual(await keysOf("schema.ts", "Limits"));
  expect(Object.keys(toml.containers.edge)).toEqual(await keysOf("ceiling.ts", "Ceiling"));
});

/** The keys of one schema, as its source has them. */
async function keysOf(file: string, name: string): Promise<string[]> {
  const source = await readFile(path.join(root, "packages/host-service/source/configuration", file), "utf8");
  const section = new RegExp(`const ${name} = strictObject\\(\\{(.*?)\\n\\}\\);`, "s").exec(source)?.[1] ?? "";
  return [...section.matchAll(/^ {2}([a-z_]+):/gm)].map(([, key]) => key ?? "");
}
