// What portabled leaves of an attachment that it did not finish, and links to images that are gone. Only files that it has written for an image
// of ours are taken away.
import { lstat, readlink, rmdir, unlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { readAttached } from "./attached.ts";

const attached = "run/systemd/system.attached";
const links = "run/portables";

/** Takes away what is attached of an image in this boot, without a word to portabled or systemd; answers the units. */
export async function removeLeftovers(root: string, image: string): Promise<string[]> {
  const units = (await readAttached(root)).flatMap(({ images }) =>
    images.filter((one) => one.isRuntime && one.image === image).flatMap((one) => one.units),
  );
  for (const unit of units) {
    const directory = join(root, attached, `${unit}.d`);
    await unlink(join(root, attached, unit)).catch(unlessMissing);
    for (const name of ["10-profile.conf", "20-portable.conf"])
      await unlink(join(directory, name)).catch(unlessMissing);
    // An administrator's own drop-in stays, and with it the directory.
    await rmdir(directory).catch(unlessMissing);
  }
  await rmdir(join(root, attached)).catch(unlessMissing);
  await removeLink(root, image, () => true);
  return units;
}

/** portabled takes a link of this name as it is, wherever it leads. */
export async function removeStaleLink(root: string, image: string): Promise<void> {
  await removeLink(root, image, (target) => target !== image);
}

async function removeLink(root: string, image: string, isMeant: (target: string) => boolean): Promise<void> {
  const path = join(root, links, basename(image));
  const status = await lstat(path).catch(unlessMissing);
  if (status?.isSymbolicLink() === true && isMeant(await readlink(path))) await unlink(path);
}

function unlessMissing(error: unknown): undefined {
  const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
  if (code === "ENOENT" || code === "ENOTDIR" || code === "ENOTEMPTY") return undefined;
  throw error;
}
