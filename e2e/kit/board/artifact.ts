// Mender artifacts of root images, by the real mender-artifact.
import { join } from "node:path";
import { workshop } from "../images.ts";
import { must } from "../run.ts";
import { makeRootImage } from "./root-image.ts";

interface ArtifactWishes {
  deviceType: string;
  /** A private key in PEM. */
  key?: string;
  image?: string;
}

const made = new Map<string, Promise<string>>();

/** Made once for each of its kind; it goes with the tests. */
export function artifactOf(version: string, wishes: ArtifactWishes): Promise<string> {
  const name = JSON.stringify([version, wishes]);
  const artifact = made.get(name) ?? write(version, wishes, made.size);
  made.set(name, artifact);
  return artifact;
}

async function write(version: string, { deviceType, key, image }: ArtifactWishes, index: number): Promise<string> {
  const path = join(workshop, `${version}-${index}.mender`);
  const file = image ?? (await makeRootImage(version));
  const what = ["rootfs-image", "-t", deviceType, "-n", version, "-f", file, "-o", path, "--compression", "none"];
  await must(["mender-artifact", "write", ...what, ...(key === undefined ? [] : ["-k", key])]);
  return path;
}
