// From an image that has passed all checks to a sealed slot and a record that says "pending".
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { imageIdOf } from "@host-service/slots";
import type { SlotManifest, Staging } from "@host-service/slots";
import { baseNameOf } from "../image/names.ts";
import type { Inspected } from "../image/inspect.ts";
import type { Arrival } from "./arrival.ts";
import type { ArrivedFile } from "./arrived-file.ts";
import { formatImageFile, imageFileName } from "./image-file.ts";
import { versionOrDefault } from "./judgement.ts";

export interface Wanted {
  name: string;
  profile: string;
  /** The service's name where none are given. */
  prefixes?: readonly string[];
  /** Who asks: "host", or a container's name. */
  owner: string;
}

export interface Checked {
  file: Pick<ArrivedFile, "sha256">;
  arrival: Arrival;
  inspected: Inspected;
}

export interface StageHooks {
  /** Called before the record says that there is a candidate; what it throws leaves everything as it was. */
  beforeRecord: () => void;
  now: () => Date;
  signer?: SlotManifest["signer"];
}

/** The staging is over afterwards, however it ends. */
export async function stageImage(
  staging: Staging,
  { file, arrival, inspected }: Checked,
  { name, profile, prefixes = [name], owner, hooks }: Wanted & { hooks: StageHooks },
): Promise<void> {
  try {
    const version = versionOrDefault(inspected.version);
    const { kind, made, path } = arrival;
    const baseName = baseNameOf({ service: name, version, slot: staging.slot, kind });
    await rename(path, join(staging.rootfs, baseName));
    const units = inspected.units.map((unit) => unit.name);
    const starts = inspected.units.filter((unit) => unit.starts).map((unit) => unit.name);
    const attachment = { baseName, profile, prefixes: [...prefixes], units, starts };
    await staging.writeFile(imageFileName, formatImageFile({ service: name, kind, made, owner, ...attachment }));
    const digests = { config: digestOf(`${profile}\n${prefixes.join(" ")}`), rootfs: `sha256:${file.sha256}` };
    hooks.beforeRecord();
    await staging.complete({
      format: 1,
      imageId: imageIdOf(digests),
      name,
      version,
      digests,
      trial: { boots: 1, commit: "manual" },
      entries: arrival.entries,
      bytes: arrival.bytes,
      stagedAt: hooks.now().toISOString(),
      ...(hooks.signer === undefined ? {} : { signer: hooks.signer }),
    });
  } finally {
    await staging.abandon();
  }
}

function digestOf(text: string): string {
  return `sha256:${new Bun.CryptoHasher("sha256").update(text).digest("hex")}`;
}
