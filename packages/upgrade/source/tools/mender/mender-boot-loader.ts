import type { SlotName } from "@host-service/slots";
import type { BootLoader } from "../../boot-loader.ts";
import { notRunning } from "../../boot-environment/mender-loader.ts";
import { UpgradeError } from "../../error.ts";
import type { Tool } from "../run/tool.ts";
import { askMender } from "./mender-program.ts";

const askTimeoutMs = 60_000;

/**
 * The boot environment, of which the client keeps a note of its own: that an update is in progress. So the client is told first, and then the
 * environment is made what it has to be, whatever the client made of it.
 */
export function menderBootLoader(tool: Tool, environment: BootLoader): BootLoader {
  const tell = (action: string, command: "commit" | "rollback") =>
    askMender(tool, [command], { action, silenceTimeoutMs: askTimeoutMs });
  const isSettledOn = async (slot: SlotName) => {
    const { booted, next, isTrial } = await environment.view();
    return booted === slot && next === slot && isTrial === false;
  };
  return {
    view: () => environment.view(),
    check: () => environment.check(),
    async tryOnce(slot) {
      const { next, isTrial } = await environment.view();
      if (next === slot && isTrial === true) return;
      const why =
        next === slot
          ? "no trial is open there"
          : `${next === undefined ? "neither slot" : `slot ${next}`} starts next`;
      throw new UpgradeError("boot-environment", `Cannot try slot ${slot}: ${tool.name} ended well, but ${why}`);
    },
    async keep(slot) {
      const action = `Cannot keep slot ${slot}`;
      const { booted } = await environment.view();
      // The client itself commits whatever runs, also before the reboot.
      if (booted !== slot) throw notRunning(slot, booted);
      const result = await tell(action, "commit");
      // It also fails when the boot loader has long gone back and only its own note is left, and it strikes that out then.
      if (result.kind === "failed" && !(await isSettledOn(slot))) throw result.error;
      await environment.keep(slot);
    },
    async returnTo(slot) {
      const action = `Cannot return to slot ${slot}`;
      // A client that fails or is missing must not keep the device from its good slot.
      await tell(action, "rollback").catch(ignoreUpgradeError);
      await environment.returnTo(slot);
    },
  };
}

function ignoreUpgradeError(error: unknown): void {
  if (!(error instanceof UpgradeError)) throw error;
}
