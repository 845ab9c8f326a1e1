// "parent" starts this program again as "child", which asks to be killed with its parent and waits for ever.
import { parentDeathSignal } from "@host-service/disk";

const SIGKILL = 9;

if (process.argv[2] === "parent") {
  Bun.spawn([process.execPath, import.meta.path, "child"], { stdio: ["ignore", "inherit", "inherit"] });
} else {
  console.log(`confined ${parentDeathSignal(SIGKILL)}`);
}
setInterval(() => {}, 60_000);
