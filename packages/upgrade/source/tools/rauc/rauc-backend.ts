import { ArtifactError } from "@host-service/artifact";
import type { InstalledImage } from "../../installer.ts";
import { cancelled, runTool, toolFailure } from "../run/run-tool.ts";
import { silenceTimeoutDefaultMs, type Tool, type ToolConfiguration } from "../run/tool.ts";
import type { BySlot, HandedImage, ToolBackend } from "../tool-backend.ts";
import { type ToolInstall, toolInstaller } from "../tool-installer.ts";
import { raucBootLoader } from "./rauc-boot-loader.ts";
import { askBundle } from "./rauc-bundle.ts";
import { raucReason, raucTool } from "./rauc-program.ts";
import { askSystem } from "./rauc-system.ts";

export interface RaucConfiguration extends ToolConfiguration {
  /** RAUC's name of each slot ("rootfs.0"), or its device; without it the two that have a bootname, in the order of their names. */
  readonly slots?: BySlot | undefined;
}

const action = "Cannot install the bundle";

/** A RAUC bundle, by the RAUC of the host: its service, its keyring, its slots and its boot loader. */
export function raucBackend(configuration: RaucConfiguration = {}): ToolBackend<HandedImage> {
  const tool = raucTool(configuration);
  const question = { tool, slots: configuration.slots };
  const bootLoader = raucBootLoader(question);
  const installer = toolInstaller<HandedImage, InstalledImage>({
    action,
    armsItself: true,
    bootLoader,
    check: () => bootLoader.check(),
    deviceOf: async (slot) => (await askSystem(question, action)).slots[slot].device,
    async run(install) {
      const { file, request, signal } = install;
      const silenceTimeoutMs = configuration.silenceTimeoutMs ?? silenceTimeoutDefaultMs;
      const bundle = await askBundle(tool, file, { action, signal, silenceTimeoutMs });
      const { compatible } = await askSystem(question, action);
      if (bundle.compatible !== compatible) {
        const [theirs, ours] = [bundle.compatible, compatible].map((text) => JSON.stringify(text));
        throw new ArtifactError("incompatible", `${action}: it is for ${theirs}, and this device is ${ours}`);
      }
      const { version = request.version } = bundle;
      const named = version === undefined ? {} : { name: version, version };
      await install.beforeWriting(named);
      await runInstall(tool, install, silenceTimeoutMs);
      return {
        imageId: request.imageId,
        ...named,
        bytes: file.bytes,
        signer: { keyId: bundle.signer, verified: true },
        warnings: [],
      };
    },
  });
  return { installer, bootLoader };
}

/**
 * `rauc install` only asks RAUC's service, which nobody can stop once it writes: it would go on, and make the slot the next to boot. So a
 * cancelled install is awaited as well, and undone by the caller.
 */
async function runInstall(tool: Tool, install: ToolInstall<HandedImage>, silenceTimeoutMs: number): Promise<void> {
  const { file, onBytes, signOf } = install;
  const ending = await runTool(tool, ["install", file.path], {
    action,
    silenceTimeoutMs,
    signOf,
    onLine(line) {
      const percent = /^\s*(\d{1,3})% /u.exec(line)?.[1];
      if (percent !== undefined) onBytes(Math.floor((file.bytes * Number(percent)) / 100));
    },
  });
  if (install.signal.aborted) throw cancelled(action);
  if (ending.exitCode !== 0) throw toolFailure(action, ending, raucReason(ending));
}
