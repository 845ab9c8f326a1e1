import { otherSlot } from "@host-service/slots";
import type { BootLoader } from "../../boot-loader.ts";
import { UpgradeError } from "../../error.ts";
import type { InstalledImage } from "../../installer.ts";
import { locate, silenceTimeoutDefaultMs, type Tool, type ToolConfiguration } from "../run/tool.ts";
import type { BySlot, HandedImage, ToolBackend } from "../tool-backend.ts";
import { type ToolInstall, toolInstaller } from "../tool-installer.ts";
import { menderBootLoader } from "./mender-boot-loader.ts";
import { askMender, menderTool } from "./mender-program.ts";
import { menderWarnings } from "./mender-words.ts";

export interface MenderConfiguration extends ToolConfiguration {
  readonly devices: BySlot;
  /** What the client writes to: the boot environment of the built-in back end. */
  readonly bootEnvironment: BootLoader;
}

/** An artifact that was verified before the client gets it. */
export interface MenderRequest extends HandedImage {
  /** As in its header; any other than "rootfs-image" is for an update module, which may leave the slots alone. */
  readonly payloadType: string;
}

export interface MenderImage extends InstalledImage {
  /** Whether the next boot tries the slot. Where not, a module has changed the running system: `keep` or `returnTo` of its slot ends that. */
  readonly isArmed: boolean;
}

const action = "Cannot install the artifact";
const slotPayload = "rootfs-image";

/** A Mender artifact, by the Mender client of the host: `mender-update`, or `mender` before 4.0. */
export function menderBackend(configuration: MenderConfiguration): ToolBackend<MenderRequest, MenderImage> {
  const { bootEnvironment, devices, silenceTimeoutMs = silenceTimeoutDefaultMs } = configuration;
  const tool = menderTool(configuration);
  const bootLoader = menderBootLoader(tool, bootEnvironment);
  const installer = toolInstaller<MenderRequest, MenderImage>({
    action,
    armsItself: true,
    bootLoader,
    async check() {
      locate(tool, action);
      await bootLoader.check();
    },
    deviceOf: (slot) => Promise.resolve(devices[slot]),
    async run(install) {
      const { file, request, slot } = install;
      const { payloadType, ...handed } = request;
      await leaveNothingOpen(install, bootLoader);
      await install.beforeWriting(handed);
      const warnings = await runInstall(tool, install, silenceTimeoutMs);
      const { next, isTrial } = await bootLoader.view();
      const isArmed = next === slot && isTrial === true;
      // Says why not.
      if (!isArmed && payloadType === slotPayload) await bootLoader.tryOnce(slot);
      return { ...handed, bytes: file.bytes, warnings: isArmed ? [] : warnings, isArmed };
    },
  });
  return { installer, bootLoader };
}

/**
 * A trial that somebody else has opened is not ours to end. Where the environment has none, the client may still believe in one that the boot loader
 * went back from, and mender-update would refuse to install.
 */
async function leaveNothingOpen({ slot }: ToolInstall<MenderRequest>, bootLoader: BootLoader): Promise<void> {
  const running = otherSlot(slot);
  const { next, isTrial } = await bootLoader.view();
  if (next !== running || isTrial === true) {
    throw new UpgradeError(
      "boot-environment",
      `${action}: the boot environment has an upgrade in it that is not committed; "mender commit" or "mender rollback" ends it`,
    );
  }
  await bootLoader.returnTo(running);
}

/** Answers what the client wants a person to know. */
async function runInstall(
  tool: Tool,
  { file, signal, signOf }: ToolInstall<MenderRequest>,
  silenceTimeoutMs: number,
): Promise<string[]> {
  const result = await askMender(tool, ["install", file.path], { action, silenceTimeoutMs, signal, signOf });
  switch (result.kind) {
    case "done":
      return menderWarnings(result.ending);
    case "nothing":
      throw new UpgradeError("backend", `${action}: ${tool.name} says that there is nothing to install`);
    case "failed":
      throw result.error;
  }
}
