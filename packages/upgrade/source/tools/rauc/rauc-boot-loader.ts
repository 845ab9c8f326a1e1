import type { SlotName } from "@host-service/slots";
import type { BootLoader, BootView } from "../../boot-loader.ts";
import { notRunning } from "../../boot-environment/mender-loader.ts";
import { UpgradeError } from "../../error.ts";
import { askRauc } from "./rauc-program.ts";
import { askSystem, type RaucQuestion, type RaucSystem } from "./rauc-system.ts";

/**
 * RAUC's own choice of the boot loader, whichever it drives. `rauc install` makes the written slot primary; here that is only looked at.
 * The other slot is never marked bad: it stays what the loader falls back to when the chosen one does not start.
 */
export function raucBootLoader(question: RaucQuestion): BootLoader {
  const mark = async (action: string, what: "good" | "active", slot: string) => {
    await askRauc(question.tool, ["status", `mark-${what}`, slot], { action });
  };
  return {
    view: async () => viewOf(await askSystem(question, "Cannot see which slot boots")),
    async check() {
      const { booted } = await askSystem(question, "Cannot use rauc");
      if (booted === undefined)
        throw new UpgradeError("unknown-slot", "Cannot use rauc: it does not know which slot runs");
    },
    async tryOnce(slot) {
      const action = `Cannot try slot ${slot}`;
      expectPrimary(slot, await askSystem(question, action), action);
    },
    async keep(slot) {
      const action = `Cannot keep slot ${slot}`;
      const { booted, primary, slots } = await askSystem(question, action);
      if (booted !== slot) throw notRunning(slot, booted);
      // The boots that are left are counted down at every boot, and RAUC does not tell how many there are.
      await mark(action, "good", "booted");
      if (primary !== slot) await mark(action, "active", slots[slot].name);
      const after = await askSystem(question, action);
      expectPrimary(slot, after, action);
      if (after.slots[slot].isGood !== false) return;
      throw new UpgradeError("boot-environment", `${action}: rauc marked it as good, and still says that it is bad`);
    },
    async returnTo(slot) {
      const action = `Cannot return to slot ${slot}`;
      const { primary, slots } = await askSystem(question, action);
      if (primary === slot) return;
      await mark(action, "active", slots[slot].name);
      expectPrimary(slot, await askSystem(question, action), action);
    },
  };
}

function viewOf({ booted, primary, slots }: RaucSystem): BootView {
  // "good" may mean that boots are left or that somebody said so; "bad" of the one that runs means that nobody has yet.
  const isTrial = booted !== undefined && booted === primary && slots[booted].isGood === false ? true : undefined;
  return { booted, next: primary, isTrial };
}

function expectPrimary(slot: SlotName, { primary, slots }: RaucSystem, action: string): void {
  if (primary === slot) return;
  const starts = primary === undefined ? "neither slot" : slots[primary].name;
  throw new UpgradeError(
    "boot-environment",
    `${action}: rauc says that ${starts} starts next, not ${slots[slot].name}; see "rauc status"`,
  );
}
