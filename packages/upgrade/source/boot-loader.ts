import type { SlotName } from "@host-service/slots";

/** Where the host stands, as its kernel and its boot loader tell. Nothing of it is remembered. */
export interface BootView {
  /** The slot whose device holds the running root, by device number; undefined when it is neither. */
  booted: SlotName | undefined;
  /** The slot that the boot loader starts next; undefined when it names neither. */
  next: SlotName | undefined;
  /**
   * Whether the boot loader has a trial open, whose boots it counts and from which it goes back by itself. Undefined where it does not
   * tell, as RAUC does not: then the record alone says whether the slot that runs was committed.
   */
  isTrial: boolean | undefined;
}

/**
 * What decides which slot boots. Each change is one batch that is read back and compared; one that finds everything as it should
 * be writes nothing. Throws UpgradeError.
 */
export interface BootLoader {
  view(): Promise<BootView>;
  /** Before an upgrade reads its first byte: whatever would keep `tryOnce` from working later. */
  check(): Promise<void>;
  /** The next boot tries `slot`; a boot after that one, without `keep`, goes back. */
  tryOnce(slot: SlotName): Promise<void>;
  /** `slot`, which runs, stays. */
  keep(slot: SlotName): Promise<void>;
  /** From the next boot on `slot` starts, and no trial is open. */
  returnTo(slot: SlotName): Promise<void>;
}
