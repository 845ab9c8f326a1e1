import { mkdtemp, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ArtifactError } from "@host-service/artifact";
import type { SlotName } from "@host-service/slots";
import type { BootLoader } from "../../boot-loader.ts";
import type { InstalledImage } from "../../installer.ts";
import { printable } from "../run/printable.ts";
import { runTool, toolFailure } from "../run/run-tool.ts";
import { locate, silenceTimeoutDefaultMs, type Tool, type ToolConfiguration } from "../run/tool.ts";
import type { BySlot, HandedImage, ToolBackend } from "../tool-backend.ts";
import { type ToolInstall, toolInstaller } from "../tool-installer.ts";
import { bytesRead } from "../signs-of-work.ts";
import { blamedBy, isVerified, swupdateReason, versionIn } from "./swupdate-words.ts";

export interface SwupdateConfiguration extends ToolConfiguration {
  /**
   * The program with its arguments, such as `["swupdate", "-k", "/etc/swupdate/cert.pem", "-H", "edge:1.0", "-e", "stable,copy-{slot}"]`.
   * `{slot}` becomes the name of the slot that is written: without it the image alone would decide what is overwritten.
   */
  readonly command: readonly string[];
  /** What `{slot}` becomes; "a" and "b" without it. */
  readonly slotNames?: BySlot | undefined;
  readonly devices: BySlot;
  /** That of the built-in back end. An image's own `bootenv` may write there as well; what `tryOnce` writes comes after it. */
  readonly bootEnvironment: BootLoader;
}

const action = "Cannot install the update file";
const placeholder = "{slot}";

/** An update file (.swu), by the SWUpdate of the host. Throws TypeError for a command without "{slot}". */
export function swupdateBackend(configuration: SwupdateConfiguration): ToolBackend<HandedImage> {
  const { bootEnvironment: bootLoader, command, devices, slotNames = { a: "a", b: "b" } } = configuration;
  const { silenceTimeoutMs = silenceTimeoutDefaultMs } = configuration;
  if (!command.slice(1).some((word) => word.includes(placeholder))) {
    throw new TypeError(
      `Cannot use swupdate: its command has no "${placeholder}", so it could write the slot that runs`,
    );
  }
  const toolFor = (slot: SlotName, temporary: string): Tool => ({
    name: "swupdate",
    commands: [command.map((word) => word.replaceAll(placeholder, slotNames[slot]))],
    debianPackage: "swupdate",
    environment: { TMPDIR: temporary, ...configuration.environment },
  });
  const installer = toolInstaller<HandedImage, InstalledImage>({
    action,
    armsItself: false,
    bootLoader,
    async check() {
      locate(toolFor("a", "/"), action);
      await bootLoader.check();
    },
    deviceOf: (slot) => Promise.resolve(devices[slot]),
    async run(install) {
      const { file, request, slot, beforeWriting } = install;
      // Its sockets and what it unpacks: in /tmp they would be those of a SWUpdate that runs as a service, or too large.
      const temporary = await mkdtemp(join(dirname(file.path), "swupdate-"));
      try {
        const run = { tool: toolFor(slot, temporary), silenceTimeoutMs };
        // Reads and verifies all of it, as if it were installed.
        const { version = request.version, isSigned } = await runSwupdate(install, { ...run, more: ["--check"] });
        const named = version === undefined ? {} : { name: version, version };
        await beforeWriting(named);
        await runSwupdate(install, { ...run, more: [] });
        const signer = isSigned ? { keyId: "a key of swupdate", verified: true } : undefined;
        return { ...request, ...named, ...(signer === undefined ? {} : { signer }), bytes: file.bytes, warnings: [] };
      } finally {
        await rm(temporary, { recursive: true, force: true });
      }
    },
  });
  return { installer, bootLoader };
}

// Its marks of a transaction in the boot environment would outlive a failed install; the verbose log says what the file is.
const always = ["--no-transaction-marker", "--no-state-marker", "--verbose"];

/** Answers what SWUpdate says of the file. */
async function runSwupdate(
  { file, signal, signOf }: ToolInstall<HandedImage>,
  { tool, more, silenceTimeoutMs }: { tool: Tool; more: readonly string[]; silenceTimeoutMs: number },
): Promise<{ version?: string; isSigned: boolean }> {
  const isChecking = more.length > 0;
  let found: { version?: string; isSigned: boolean } = { isSigned: false };
  const ending = await runTool(tool, [...always, ...more, "--image", file.path], {
    action,
    silenceTimeoutMs,
    signal,
    // What is read to be checked is no progress of the installation.
    signOf: isChecking ? (pid) => String(bytesRead(pid, file)) : signOf,
    onLine(line) {
      const version = versionIn(line);
      if (version !== undefined) found = { ...found, version: printable(version) };
      if (isVerified(line)) found = { ...found, isSigned: true };
    },
  });
  if (ending.exitCode === 0) return found;
  const reason = swupdateReason(ending);
  const failure = toolFailure(action, ending, reason);
  const kind = blamedBy(reason);
  throw kind === undefined ? failure : new ArtifactError(kind, failure.message, { cause: failure });
}
