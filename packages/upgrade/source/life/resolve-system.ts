// Knows the order of the steps for the hook: what runs is compared with the record, once in each boot. The boot loader is told
// before the record is written, so that a cut in between is seen again by the next boot.
import { SlotsError, pageOf, resolveSystemBoot } from "@host-service/slots";
import type { Outcome, State, SystemLedger, SystemPage, SystemResolution } from "@host-service/slots";
import type { BootLoader, BootView } from "../boot-loader.ts";
import { raisedFloor } from "./version-order.ts";

export interface ResolveSystemOptions {
  ledger: SystemLedger;
  bootLoader: BootLoader;
  bootId: string;
  /** Reboots the host; what it throws is told, and the host stays as it is. */
  reboot: () => Promise<void>;
}

/** What the hook did for the system. */
export interface SystemBoot {
  did: "resolved" | "unchanged" | "restored" | "left-alone" | "returning" | "nothing";
  /** Absent where the record could not be used. */
  state?: State["name"];
  running?: { slot: string; version?: string };
  /** What ended with this boot. */
  outcome?: Outcome;
  problem?: string;
  /** Whether a person has to look at it. */
  failed: boolean;
}

const lockWaitMs = 5000;

/** Never throws: what goes wrong is in the report, and the containers start all the same. */
export async function resolveSystem(options: ResolveSystemOptions): Promise<SystemBoot> {
  try {
    const lock = await options.ledger.lock({ waitMs: lockWaitMs });
    try {
      return await resolveLocked(options);
    } finally {
      lock.release();
    }
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    const isBusy = error instanceof SlotsError && error.kind === "busy";
    return { did: "nothing", problem, failed: !isBusy };
  }
}

async function resolveLocked(options: ResolveSystemOptions): Promise<SystemBoot> {
  const { ledger, bootId } = options;
  const found = await ledger.read();
  switch (found.kind) {
    case "record":
      if (found.record.bootId === bootId) return reportOf(pageOf(found.record), { did: "unchanged" });
      return await resolvePage(pageOf(found.record), options);
    case "missing":
      return await resolvePage(pageOf(undefined), options);
    case "later-format": {
      const problem = `a later version of host-service wrote the record (format ${found.format}), which is left alone`;
      return { did: "left-alone", problem, failed: false };
    }
    case "unreadable": {
      const aside = await ledger.setAside();
      const { problem, ...boot } = await resolvePage(pageOf(undefined), options);
      const kept = `${found.problem}; it was kept as ${aside}`;
      return { ...boot, did: "restored", problem: problem === undefined ? kept : `${kept}; ${problem}`, failed: true };
    }
  }
}

async function resolvePage(page: SystemPage, options: ResolveSystemOptions): Promise<SystemBoot> {
  const { ledger, bootLoader, bootId, reboot } = options;
  const view = await bootLoader.view();
  const { returning } = page.record ?? {};
  const hasReturned = returning !== undefined && returning !== bootId;
  const resolution = resolveSystemBoot(page.state, { ...view, hasReturned }, page.contents);
  const { transition, returnTo } = resolution;
  if (resolution.reboot === true && returnTo !== undefined && page.record !== undefined) {
    // Noted only once the boot loader was told: a cut in between would otherwise leave a boot loader that nobody told and nobody tells again.
    await bootLoader.returnTo(returnTo);
    await ledger.markReturning(page.record);
    await reboot();
    return reportOf(page, { did: "returning", problem: `the host reboots to start slot ${returnTo} again` });
  }
  const told = await problemOf(tell(resolution, view, bootLoader));
  const next = await ledger.turn(page, transition, floorOf(page, resolution));
  return reportOf(next, { did: "resolved", resolution, told });
}

/**
 * RAUC does not say whether a trial is open, as it counts the boots of a committed slot as well: there every boot of one has to be
 * called good, or it would be given up in the end.
 */
async function tell({ transition, returnTo }: SystemResolution, view: BootView, bootLoader: BootLoader): Promise<void> {
  if (returnTo !== undefined) return await bootLoader.returnTo(returnTo);
  const { state } = transition;
  if (view.isTrial === undefined && state.name === "normal" && state.active.slot === view.booted) {
    await bootLoader.keep(state.active.slot);
  }
}

/** Whoever committed it, the floor rises. */
function floorOf({ record, contents }: SystemPage, { transition: { ending } }: SystemResolution): { floor?: string } {
  if (ending?.result !== "committed" || ending.reference === undefined) return {};
  const floor = raisedFloor(record?.floor, contents.manifestOf(ending.reference)?.version);
  return floor === undefined ? {} : { floor };
}

/** Undefined where it went well. */
async function problemOf(work: Promise<void>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function reportOf(
  { record, state, contents }: SystemPage,
  what: { did: SystemBoot["did"]; resolution?: SystemResolution; told?: string | undefined; problem?: string },
): SystemBoot {
  const { did, resolution, told } = what;
  const running = state.name === "empty" ? undefined : state.active;
  const version = running === undefined ? undefined : contents.manifestOf(running)?.version;
  const problem = [what.problem, resolution?.problem, told].filter((text) => text !== undefined).join("; ");
  return {
    did,
    state: state.name,
    ...(running === undefined
      ? {}
      : { running: { slot: running.slot, ...(version === undefined ? {} : { version }) } }),
    ...(resolution?.transition.ending === undefined || record?.outcome === undefined
      ? {}
      : { outcome: record.outcome }),
    ...(problem === "" ? {} : { problem }),
    failed: problem !== "",
  };
}
