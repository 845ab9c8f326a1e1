import { basename } from "node:path";
import { UpgradeError } from "../../error.ts";
import { findProgram, programDirectories } from "./find-program.ts";

/** A program of the host that does part of the work. */
export interface Tool {
  /** What errors call it. */
  readonly name: string;
  /** Its argv up to where ours begins; the first of these that is there is taken. */
  readonly commands: readonly (readonly string[])[];
  /** The Debian package that has it. */
  readonly debianPackage: string;
  /** Beside PATH and LC_ALL; nothing of our own environment goes along. */
  readonly environment: Readonly<Record<string, string>>;
}

/** What the configuration may say about a tool. */
export interface ToolConfiguration {
  /** In place of the tool's name: its path, or a whole beginning of a command line such as `["env", "A=b", "rauc", "-c", "/etc/rauc.conf"]`. */
  readonly command?: readonly string[] | undefined;
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** After so long without a word, a byte read or a sector written a tool counts as hanging. */
  readonly silenceTimeoutMs?: number | undefined;
}

/** A plain bundle of gigabytes is verified in silence before anything is written; a slow disk takes minutes for that. */
export const silenceTimeoutDefaultMs = 600_000;

/** The argv to start it with, and its name; throws UpgradeError where nothing of it is there. */
export function locate(tool: Tool, action: string): { name: string; command: string[] } {
  for (const [name, ...rest] of tool.commands) {
    if (name === undefined) continue;
    const path = findProgram(name);
    // Behind a prefix such as env or chroot it is still the tool that speaks.
    if (path !== undefined) return { name: rest.length > 0 ? tool.name : basename(path), command: [path, ...rest] };
  }
  const names = tool.commands.map(([name]) => JSON.stringify(name ?? "")).join(" nor ");
  const where = tool.commands.some(([name]) => name?.startsWith("/") !== true)
    ? ` in ${programDirectories.join(", ")}`
    : "";
  throw new UpgradeError(
    "backend",
    `${action}: there is no ${names}${where}; install it (in Debian: ${tool.debianPackage}), or name it as upgrade.command`,
  );
}
