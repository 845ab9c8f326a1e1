import { ArtifactError } from "@host-service/artifact";
import { looseObject, nullable, optional, string } from "@host-service/schema";
import type { HandedFile } from "../handed-file.ts";
import { printable } from "../run/printable.ts";
import { runTool, toolFailure } from "../run/run-tool.ts";
import type { Tool } from "../run/tool.ts";
import { bytesRead } from "../signs-of-work.ts";
import { parseAnswer, raucReason } from "./rauc-program.ts";

const Information = looseObject({ compatible: string(), version: optional(nullable(string())) });

export interface RaucBundle {
  compatible: string;
  version: string | undefined;
  /** The subject of the certificate, as RAUC prints it. */
  signer: string;
}

/**
 * What is in a bundle, once RAUC has verified its signature with the keyring of its configuration. Throws ArtifactError where the bundle is to
 * blame, as far as RAUC's words tell.
 */
export async function askBundle(
  tool: Tool,
  file: HandedFile,
  options: { action: string; signal: AbortSignal; silenceTimeoutMs: number },
): Promise<RaucBundle> {
  const { action } = options;
  const signOf = (pid: number) => String(bytesRead(pid, file));
  const ending = await runTool(tool, ["info", "--output-format=json", file.path], { ...options, signOf });
  const reason = raucReason(ending);
  if (ending.exitCode !== 0) {
    const failure = toolFailure(action, ending, reason);
    const kind = blames.find(([words]) => words.test(reason))?.[1];
    throw kind === undefined ? failure : new ArtifactError(kind, failure.message, { cause: failure });
  }
  const { compatible, version } = parseAnswer(Information, ending, { action, subject: "the bundle's description" });
  const verified = ending.errors.map((line) => /\bVerified (?:\w+ )?signature by '(.+)'$/u.exec(line)?.[1]);
  return {
    compatible: printable(compatible),
    version: version === null || version === undefined ? undefined : printable(version),
    signer: printable(verified.find((subject) => subject !== undefined) ?? "a certificate of rauc's keyring"),
  };
}

/** RAUC has no exit codes that tell these apart. */
const blames = [
  [/^signature verification failed|^Failed to (?:verify|parse) signature/u, "signature"],
  [/^Invalid bundle (?:format|identifier)|^Failed to check bundle identifier/u, "structure"],
] as const;
