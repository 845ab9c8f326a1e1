// The first, committed image of a container, made while the host's own image is built: the same steps as an install, with no
// daemon and no boot.
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseInstanceConfig } from "@host-service/archive";
import { realDisk } from "@host-service/disk";
import { openInbox } from "@host-service/ingest";
import type { Policy } from "@host-service/signature";
import { containerDirectory, seedSlot } from "@host-service/slots";
import { loadConfiguration } from "../configuration/configuration.ts";
import type { Configuration } from "../configuration/configuration.ts";
import { defaultName } from "../containers/default-name.ts";
import { withImageParts } from "../containers/receive.ts";
import { stageImage } from "../containers/stage-image.ts";
import { Operation } from "../operations/operation.ts";
import { lockState } from "../state-lock.ts";
import { print, printError } from "../print.ts";
import { explain } from "./explain.ts";

export interface SeedOptions {
  configPath: string | undefined;
  name: string | undefined;
  files: readonly string[];
  program: readonly string[];
}

/** Who builds the host's own image decides what is in it. */
const builderIsTrusted: Policy = {
  keyring: { keys: [], expiry: new Map(), revoked: new Set() },
  signatureRequiredBy: undefined,
};

export async function seed(options: SeedOptions): Promise<number> {
  const [config, rootfs, meta, ...others] = options.files;
  if (config === undefined || rootfs === undefined || others.length > 0) {
    print(
      "Cannot seed: give config.yaml, the rootfs archive and perhaps the metadata archive; see host-service --help",
    );
    return 2;
  }
  try {
    const seeded = await seedImage({ config, rootfs, meta }, options);
    for (const warning of seeded.warnings) printError(warning);
    print("OK");
    return 0;
  } catch (error) {
    print(explain(error));
    return 1;
  }
}

async function seedImage(
  files: { config: string; rootfs: string; meta: string | undefined },
  options: SeedOptions,
): Promise<{ warnings: string[] }> {
  const configuration = await loadConfiguration(options.configPath);
  const { stateDirectory } = configuration;
  await mkdir(stateDirectory, { recursive: true, mode: 0o700 });
  const lock = await lockState(stateDirectory);
  try {
    return await seedLocked(files, options, configuration);
  } finally {
    lock.release();
  }
}

async function seedLocked(
  files: { config: string; rootfs: string; meta: string | undefined },
  options: SeedOptions,
  {
    stateDirectory,
    limits,
    grantOf,
    keepsImages,
  }: Pick<Configuration, "stateDirectory" | "limits" | "grantOf" | "keepsImages">,
): Promise<{ warnings: string[] }> {
  const { program } = options;
  const inbox = await openInbox({ directory: join(stateDirectory, "inbox"), program, limits });
  const operation = new Operation({ id: "seed", action: "install", caller: "host", container: options.name });
  const pathOf = (file: string) => ({ path: resolve(file) });
  const parts = {
    config: pathOf(files.config),
    rootfs: pathOf(files.rootfs),
    ...(files.meta === undefined ? {} : { meta: pathOf(files.meta) }),
  };
  const source = { kind: "parts", parts, mayNamePaths: true, owner: "host" } as const;
  return await withImageParts(source, { inbox, operation, policy: builderIsTrusted }, async (received) => {
    const config = parseInstanceConfig(received.config.text);
    const name = options.name ?? config.name ?? defaultName;
    const directory = containerDirectory(stateDirectory, name);
    const open = () => seedSlot({ disk: realDisk, directory, now: () => new Date() });
    return await stageImage(
      { name, parts: received, config, bytesReclaimed: 0 },
      { open, operation, context: { limits, program, stateDirectory, grantOf, keepsImages, host: "another" } },
    );
  });
}
