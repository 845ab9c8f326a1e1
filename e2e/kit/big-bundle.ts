// A bundle of gigabytes that takes no space: the file in its root file system is zeros, and so is everything behind it.
import { open } from "node:fs/promises";
import { configYaml, entry, header, joined } from "@host-service/fixtures";

const blockBytes = 512;
const endBytes = 2 * blockBytes;

/** Writes the bundle; answers how long it is. With `isBroken` what should be the inner archive is zeros from the start. */
export async function writeBigBundle(
  path: string,
  options: { fileBytes: number; isBroken?: boolean },
): Promise<number> {
  const config = configYaml({ name: "edge", version: "big" });
  const inner =
    options.isBroken === true ? new Uint8Array(blockBytes) : header({ name: "big", size: options.fileBytes });
  const innerBytes = inner.byteLength + options.fileBytes + endBytes;
  const head = joined(entry({ name: "config.yaml" }, config), header({ name: "rootfs.tar", size: innerBytes }), inner);
  const bytes = head.byteLength + options.fileBytes + 2 * endBytes;
  const file = await open(path, "w");
  await file.write(head, 0, head.byteLength, 0);
  await file.truncate(bytes);
  await file.close();
  return bytes;
}
