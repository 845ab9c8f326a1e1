// systemd-boot, with one boot entry for each slot. It keeps no count and no flag: LoaderEntryOneShot is gone as soon as it has been
// followed, and what starts after that is LoaderEntryDefault. So a trial that runs looks like this: booted is the candidate, next is the
// other slot, and no trial is open. One that an image ends by hanging ends when something resets the machine: a watchdog, or a person.
import type { SlotName } from "@host-service/slots";
import type { BootLoader } from "../boot-loader.ts";
import { UpgradeError } from "../error.ts";
import { type LoaderVariable, checkLoader, efiVariables, readLoaderText } from "./loader-variables.ts";
import { notRunning } from "./mender-loader.ts";
import { type ToolOptions, needTool, runTool, toolError } from "./tool.ts";

/** The name of each slot's boot entry, as `bootctl list` has it: "root-a.conf". */
export type BootEntries = Readonly<Record<SlotName, string>>;

export interface SystemdBootOptions extends ToolOptions {
  entries: BootEntries;
  /** The slot whose device holds the running root; undefined when it is neither. */
  bootedSlot: () => Promise<SlotName | undefined>;
  /** Where the kernel shows the EFI variables, when it is not the usual place. */
  variables?: string;
}

const commands = { LoaderEntryDefault: "set-default", LoaderEntryOneShot: "set-oneshot" };
const changing = "change the boot environment";
const advice = "see what bootctl status says";

export function systemdBootLoader(options: SystemdBootOptions): BootLoader {
  const { entries, bootedSlot, variables = efiVariables } = options;
  const read = (name: LoaderVariable) => readLoaderText(variables, name);

  /** Without a default of its own systemd-boot follows loader.conf, which is where the running entry came from. */
  function defaultSlot(): SlotName | undefined {
    return slotOf(read("LoaderEntryDefault") ?? read("LoaderEntrySelected"), entries);
  }

  async function set(name: keyof typeof commands, entry: string): Promise<void> {
    if ((read(name) ?? "") === entry) return;
    const tool = needTool("bootctl", "install systemd-boot", options);
    const { complaint } = await runTool([tool, commands[name], entry], { ...options, purpose: changing });
    if (complaint !== undefined) throw toolError(tool, changing, `${complaint}; ${advice}`);
    const now = read(name) ?? "";
    if (now === entry) return;
    const why = `wrote ${JSON.stringify(entry)} and ${name} still reads ${JSON.stringify(now)}; ${advice}`;
    throw toolError(tool, changing, why);
  }

  return {
    async view() {
      const oneShot = read("LoaderEntryOneShot");
      const next = oneShot === undefined ? defaultSlot() : slotOf(oneShot, entries);
      return { booted: await bootedSlot(), next, isTrial: oneShot !== undefined };
    },
    async check() {
      needTool("bootctl", "install systemd-boot", options);
      checkLoader(variables);
      checkEntries(entries, read("LoaderEntries"));
      if (defaultSlot() !== undefined) return;
      const reads = JSON.stringify(read("LoaderEntryDefault") ?? "");
      throw unusable(
        `LoaderEntryDefault reads ${reads}, which is no slot's entry; bootctl set-default ${entries.a} or ${entries.b}`,
      );
    },
    async tryOnce(slot) {
      // The way back first: a default that only loader.conf gives may be the candidate's.
      await set("LoaderEntryDefault", entries[otherThan(slot)]);
      await set("LoaderEntryOneShot", entries[slot]);
    },
    async keep(slot) {
      const booted = await bootedSlot();
      if (booted !== slot) throw notRunning(slot, booted);
      await set("LoaderEntryOneShot", "");
      await set("LoaderEntryDefault", entries[slot]);
    },
    async returnTo(slot) {
      // Cut in between, nothing is left to try, and what starts is what would have started after the trial.
      await set("LoaderEntryOneShot", "");
      await set("LoaderEntryDefault", entries[slot]);
    },
  };
}

function otherThan(slot: SlotName): SlotName {
  return slot === "a" ? "b" : "a";
}

function slotOf(entry: string | undefined, entries: BootEntries): SlotName | undefined {
  if (entry === entries.a) return "a";
  return entry === entries.b ? "b" : undefined;
}

/** systemd-boot lists the entries that it found when it started this boot, each with a NUL behind it. */
function checkEntries(entries: BootEntries, list: string | undefined): void {
  if (entries.a === entries.b) throw unusable(`both slots have the boot entry ${JSON.stringify(entries.a)}`);
  if (list === undefined) return;
  const known = list.split("\0");
  const missing = [entries.a, entries.b].find((entry) => !known.includes(entry));
  if (missing === undefined) return;
  throw unusable(
    `systemd-boot found no entry ${JSON.stringify(missing)} when it started this boot; add it to loader/entries and reboot`,
  );
}

function unusable(why: string): UpgradeError {
  return new UpgradeError("boot-environment", `Cannot use the boot environment: ${why}`);
}
