// Removes a tree without any privilege: as root, it first executes itself again with no capability at all.
import { confineCapabilities, execute, heldCapabilities, removeTree } from "@host-service/disk";

const directory = process.argv[2] ?? "";
if (heldCapabilities() === 0n) {
  await removeTree(directory);
} else {
  confineCapabilities([]);
  execute(process.execPath, [process.execPath, import.meta.path, directory], {});
}
