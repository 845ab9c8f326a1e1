// What systemd-boot and the running system tell each other in EFI variables. https://systemd.io/BOOT_LOADER_INTERFACE
import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { UpgradeError } from "../error.ts";

export const efiVariables = "/sys/firmware/efi/efivars";

const vendor = "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";
// The kernel puts the attributes of a variable before its value.
const attributesBytes = 4;
const valueBytesMax = 65_536;

export type LoaderVariable =
  | "LoaderEntries"
  | "LoaderEntryDefault"
  | "LoaderEntryOneShot"
  | "LoaderEntrySelected"
  | "LoaderFeatures";

const features = { default: 1n << 2n, oneShot: 1n << 3n };

/** A text, or undefined where the variable is not set. */
export function readLoaderText(directory: string, name: LoaderVariable): string | undefined {
  return readValue(directory, name)?.toString("utf16le").replace(/\0$/, "");
}

/** Throws UpgradeError unless what started this boot follows both variables and they can be written. */
export function checkLoader(directory: string): void {
  const value = readValue(directory, "LoaderFeatures");
  if (value?.byteLength !== 8) {
    throw unusable(
      "nothing in the EFI variables says that systemd-boot started this host; set upgrade.boot_environment",
    );
  }
  const has = value.readBigUInt64LE();
  if ((has & features.default) === 0n || (has & features.oneShot) === 0n) {
    throw unusable("the boot loader does not follow LoaderEntryDefault and LoaderEntryOneShot; update systemd-boot");
  }
  try {
    accessSync(directory, constants.W_OK);
  } catch (cause) {
    throw unusable(`${wordsOf(cause)}; mount efivarfs so that it can be written`, cause);
  }
}

function readValue(directory: string, name: LoaderVariable): Buffer | undefined {
  const file = join(directory, `${name}-${vendor}`);
  try {
    if (statSync(file).size > attributesBytes + valueBytesMax) throw unusable(`${JSON.stringify(file)} is too long`);
    const bytes = readFileSync(file);
    return bytes.byteLength < attributesBytes ? undefined : bytes.subarray(attributesBytes);
  } catch (cause) {
    if (cause instanceof UpgradeError) throw cause;
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw unusable(wordsOf(cause), cause);
  }
}

function unusable(why: string, cause?: unknown): UpgradeError {
  return new UpgradeError("boot-environment", `Cannot use the boot environment: ${why}`, { cause });
}

function wordsOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
