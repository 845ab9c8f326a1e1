// The order of an install by a tool of the host; each back end knows its tool alone.
import { otherSlot } from "@host-service/slots";
import type { SlotName } from "@host-service/slots";
import type { BootLoader } from "../boot-loader.ts";
import { UpgradeError } from "../error.ts";
import type { InstalledImage, Installer, InstallOptions } from "../installer.ts";
import { messageOf } from "../system-error.ts";
import { handedFile, type HandedFile } from "./handed-file.ts";
import { cancelled } from "./run/run-tool.ts";
import { bytesRead, writesOf } from "./signs-of-work.ts";
import { syncDevice } from "./slot-device.ts";

export interface ToolInstall<Request> {
  readonly file: HandedFile;
  readonly request: Request;
  readonly slot: SlotName;
  readonly signal: AbortSignal;
  /** To be called when the tool has said all that it says without writing; see `InstallOptions`. */
  readonly beforeWriting: InstallOptions["beforeWriting"];
  /** How far it is; what it says about the end counts only when all is done. */
  readonly onBytes: (bytes: number) => void;
  /** For `runTool`: the bytes that the process has read of the file become progress, and the device's writes count as life. */
  readonly signOf: (pid: number) => string;
}

export interface ToolSteps<Request, Image> {
  /** How errors begin: "Cannot install the bundle". */
  readonly action: string;
  readonly armsItself: boolean;
  readonly bootLoader: BootLoader;
  /** Throws where the tool is missing, or cannot work. */
  check(): Promise<void>;
  /** The slot's device. */
  deviceOf(slot: SlotName): Promise<string>;
  run(install: ToolInstall<Request>): Promise<Image>;
}

export function toolInstaller<Request, Image extends InstalledImage>(steps: ToolSteps<Request, Image>) {
  const { action, armsItself, bootLoader } = steps;
  return {
    takes: "file",
    armsItself,
    async check(slot) {
      await steps.check();
      await refuseRunning(slot, steps);
    },
    async install(source, request, { slot, signal, onProgress, beforeWriting }: InstallOptions): Promise<Image> {
      const file = handedFile(source);
      await refuseRunning(slot, steps);
      const device = await steps.deviceOf(slot);
      const onBytes = beforeTheEnd(file.bytes, (bytes) =>
        onProgress({ phase: "write", bytes, bytesTotal: file.bytes }),
      );
      const signOf = (pid: number) => {
        const bytes = bytesRead(pid, file);
        if (bytes !== undefined) onBytes(bytes);
        return `${bytes ?? ""} ${writesOf(device)}`;
      };
      const image = await orReturn(bootLoader, otherSlot(slot), async () => {
        const installed = await steps.run({ file, request, slot, signal, beforeWriting, onBytes, signOf });
        await syncDevice(device, action);
        if (signal.aborted) throw cancelled(action);
        return installed;
      });
      onProgress({ phase: "write", bytes: file.bytes, bytesTotal: file.bytes });
      return image;
    },
  } satisfies Installer<Request>;
}

/** By the boot loader's own view, so by the device of the running root and not by what a record says. */
async function refuseRunning<Request, Image>(slot: SlotName, { action, bootLoader }: ToolSteps<Request, Image>) {
  const { booted } = await bootLoader.view();
  if (booted === otherSlot(slot)) return;
  if (booted === undefined) throw new UpgradeError("unknown-slot", `${action}: it is not known which slot runs`);
  throw new UpgradeError("device", `${action}: slot ${slot} is the one that runs`);
}

/** A tool may have told the boot loader before it failed, or before it could be ended: only the slot may have changed. */
async function orReturn<Image>(bootLoader: BootLoader, running: SlotName, work: () => Promise<Image>): Promise<Image> {
  try {
    return await work();
  } catch (error) {
    try {
      await bootLoader.returnTo(running);
    } catch (second) {
      const both = `${messageOf(error)}; and then: ${messageOf(second)}`;
      throw new UpgradeError("boot-environment", both, { cause: error });
    }
    throw error;
  }
}

/** Rising values below the total only: the end is the installer's to tell, when everything is on the device. */
function beforeTheEnd(total: number, tell: (bytes: number) => void): (bytes: number) => void {
  let told = -1;
  return (bytes) => {
    if (bytes <= told || bytes >= total) return;
    told = bytes;
    tell(bytes);
  };
}
