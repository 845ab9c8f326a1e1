// Knows the order of the steps for the daemon. The record says first what is going to be true of a slot; the boot loader is told
// before the record wherever a cut between the two would otherwise boot what nobody recorded.
import { pageOf, systemReport } from "@host-service/slots";
import { SlotsError, commit, dropForInstall, installed, otherSlot, rollback } from "@host-service/slots";
import type {
  CommitOptions,
  RollbackOptions,
  SlotName,
  State,
  SystemImage,
  SystemLedger,
  SystemPage,
  SystemReport,
} from "@host-service/slots";
import type { BootLoader } from "../boot-loader.ts";
import { UpgradeError } from "../error.ts";
import type { InstalledImage, Installer, InstallOptions, UpgradeSource } from "../installer.ts";
import { checkFloor } from "./floor.ts";
import type { Downgrade } from "./floor.ts";
import { raisedFloor } from "./version-order.ts";

export interface SystemOptions {
  ledger: SystemLedger;
  bootLoader: BootLoader;
  bootId: string;
  now: () => Date;
}

export interface Upgrade<Request> {
  installer: Installer<Request>;
  source: UpgradeSource;
  request: Request;
  downgrade: Downgrade;
}

export interface UpgradeOptions extends Pick<InstallOptions, "signal" | "onProgress" | "onJobKilled"> {
  /** Called before the record says that there is a candidate; what it throws leaves the system as it was. */
  beforeRecord: () => void;
}

export interface Upgraded {
  report: SystemReport;
  image: InstalledImage;
}

/** The host's own A/B state. Throws SlotsError where the state says no, UpgradeError and ArtifactError for the rest. */
export interface HostSystem {
  /** Reads the record alone: no tool is asked, no lock is taken. */
  status(): Promise<SystemReport>;
  /** What the running image provides, for what the next one asks of it. */
  provides(): Promise<Record<string, string>>;
  /** Throws what `upgrade` would throw now, before anybody sends bytes. */
  checkUpgrade(installer: Pick<Installer<never>, "check">): Promise<void>;
  upgrade<Request>(upgrade: Upgrade<Request>, options: UpgradeOptions): Promise<Upgraded>;
  commit(options?: CommitOptions): Promise<SystemReport>;
  rollback(options?: RollbackOptions): Promise<SystemReport>;
}

export function openSystem(options: SystemOptions): HostSystem {
  const { ledger, bootLoader, bootId } = options;
  const report = ({ record }: SystemPage) =>
    systemReport(record === undefined ? { kind: "missing" } : { kind: "record", record }, bootId);
  return {
    status: async () => systemReport(await ledger.read(), bootId),
    async provides() {
      const found = await ledger.read();
      if (found.kind !== "record") return {};
      const { state, contents } = pageOf(found.record);
      const image =
        state.name === "empty" || state.active === undefined ? undefined : contents.imageIn(state.active.slot);
      return { ...image?.provides, ...(image?.name === undefined ? {} : { artifact_name: image.name }) };
    },
    async checkUpgrade(installer) {
      const page = await ledger.open();
      const { target } = await inactiveSlot(page, bootLoader);
      await bootLoader.check();
      await installer.check(target);
    },
    upgrade: (upgrade, how) =>
      locked(ledger, async () => {
        const { page, image } = await stage(upgrade, how, options);
        return { report: report(page), image };
      }),
    commit: (how) => locked(ledger, async () => report(await keep(await ledger.open(), how, options))),
    rollback: (how) => locked(ledger, async () => report(await goBack(await ledger.open(), how, options))),
  };
}

async function locked<Result>(ledger: SystemLedger, act: () => Promise<Result>): Promise<Result> {
  const lock = await ledger.lock();
  try {
    return await act();
  } finally {
    lock.release();
  }
}

/** The slot that is written next, and the state once the record has let go of what lies in it. */
async function inactiveSlot(page: SystemPage, bootLoader: BootLoader): Promise<{ target: SlotName; dropped: State }> {
  const { state, contents } = page;
  if (state.name === "pending") {
    throw new SlotsError(
      "refused",
      "Cannot upgrade the system: an upgrade is installed and is tried at the next boot; " +
        "reboot (hostctl reboot) or drop it (hostctl system rollback) first",
      { reason: "pending" },
    );
  }
  const { slot, state: dropped } = dropForInstall(state, contents);
  const { booted } = await bootLoader.view();
  if (booted === undefined || state.name === "empty" || booted === slot) throw notWhatRuns("upgrade", booted);
  return { target: slot, dropped };
}

function notWhatRuns(deed: string, booted: SlotName | undefined): UpgradeError {
  const found =
    booted === undefined ? "what runs is in neither slot" : `slot ${booted} runs, which the record does not say`;
  return new UpgradeError(
    "unknown-slot",
    `Cannot ${deed} the system: ${found}; check upgrade.slots, and see hostctl system status`,
  );
}

async function stage<Request>(
  { installer, source, request, downgrade }: Upgrade<Request>,
  { beforeRecord, ...watching }: UpgradeOptions,
  { ledger, bootLoader, now }: SystemOptions,
): Promise<{ page: SystemPage; image: InstalledImage }> {
  let page = await ledger.open();
  const { target, dropped } = await inactiveSlot(page, bootLoader);
  await bootLoader.check();
  await installer.check(target);
  const { floor } = page.record ?? {};
  const beforeWriting = async (image: { version?: string } | undefined) => {
    if (image !== undefined) checkFloor(image, floor, downgrade);
    page = await ledger.turn(page, { state: dropped }, { images: { ...page.record?.images, [target]: undefined } });
  };
  const image = await installer.install(source, request, { ...watching, slot: target, beforeWriting });
  checkFloor(image, floor, downgrade);
  beforeRecord();
  const before = page;
  const candidate = { slot: target, imageId: image.imageId };
  const images = { ...page.record?.images, [target]: systemImage(image, now()) };
  page = await ledger.turn(page, installed(page.state, candidate), { images });
  if (installer.armsItself) return { page, image };
  try {
    await bootLoader.tryOnce(target);
  } catch (error) {
    await disarm(before, page, { ledger, bootLoader });
    throw error;
  }
  return { page, image };
}

/** A boot loader that did not take the switch may have taken a part of it; the record forgets the candidate whatever it answers. */
async function disarm(
  before: SystemPage,
  page: SystemPage,
  { ledger, bootLoader }: Pick<SystemOptions, "ledger" | "bootLoader">,
): Promise<void> {
  const { state } = before;
  if (page.state.name !== "pending") return;
  const why = "the boot loader could not be told to start it";
  try {
    if (state.name === "normal") await bootLoader.returnTo(state.active.slot);
  } finally {
    await ledger.turn(page, { state, ending: { result: "failed", reference: page.state.candidate, why } });
  }
}

function systemImage(image: InstalledImage, at: Date): SystemImage {
  const { imageId, name, version, bytes, signer, provides } = image;
  return { imageId, name, version, bytes, signer, provides, stagedAt: at.toISOString() };
}

/** The boot loader first: a record that said "committed" beside an open trial would be overtaken by it at the next boot. */
async function keep(page: SystemPage, how: CommitOptions | undefined, options: SystemOptions): Promise<SystemPage> {
  const { ledger, bootLoader } = options;
  const transition = commit(page.state, page.contents, how);
  const { state } = transition;
  if (state === page.state || state.name !== "normal") return page;
  const { booted } = await bootLoader.view();
  if (booted !== state.active.slot) throw notWhatRuns("commit", booted);
  await bootLoader.keep(state.active.slot);
  const floor = raisedFloor(page.record?.floor, page.contents.manifestOf(state.active)?.version);
  return await ledger.turn(page, transition, floor === undefined ? {} : { floor });
}

/** The boot loader first: until it starts the old system the record does not promise it. */
async function goBack(
  page: SystemPage,
  how: RollbackOptions | undefined,
  { ledger, bootLoader }: SystemOptions,
): Promise<SystemPage> {
  const transition = rollback(page.state, page.contents, how);
  const { state } = transition;
  const next = nextSlotOf(state);
  if (state === page.state || next === undefined) return page;
  await bootLoader.returnTo(next);
  return await ledger.turn(page, transition);
}

function nextSlotOf(state: State): SlotName | undefined {
  switch (state.name) {
    case "normal":
      return state.active.slot;
    case "rollback":
      return state.fallback?.slot ?? otherSlot(state.active.slot);
    case "empty":
    case "pending":
    case "trying":
      return undefined;
  }
}
