import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writePortableImage } from "@host-service/fixtures";
import type { PortableRecipe } from "@host-service/fixtures";
import { inspectDirectory } from "../../source/image/inspect.ts";
import type { HostFacts, Inspected } from "../../source/image/inspect.ts";
import { directoryTree } from "../../source/image/tree.ts";
import type { ImageTree } from "../../source/image/tree.ts";

export async function inDirectory<Result>(act: (directory: string) => Promise<Result>): Promise<Result> {
  const directory = await mkdtemp(join(tmpdir(), "hs-portable-"));
  try {
    return await act(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

export function withImage<Result>(
  recipe: PortableRecipe,
  act: (tree: ImageTree, root: string) => Promise<Result>,
): Promise<Result> {
  return inDirectory(async (directory) => {
    const root = join(directory, "image");
    await writePortableImage(root, recipe);
    return await act(directoryTree(root), root);
  });
}

export const host: HostFacts = {
  architecture: process.arch,
  profiles: ["default", "nonetwork", "strict", "trusted"],
  unitOnHost: async () => undefined,
};

export function inspected(
  recipe: PortableRecipe,
  prefixes: readonly string[],
  options: { profile?: string; host?: Partial<HostFacts> } = {},
): Promise<Inspected> {
  const facts = { ...host, ...options.host };
  return withImage(recipe, (tree) =>
    inspectDirectory(tree, { prefixes, profile: options.profile ?? "default", host: facts }),
  );
}
