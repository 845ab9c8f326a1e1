import { lstat } from "node:fs/promises";
import type { ArchiveError } from "@host-service/archive";
import type { ArtifactError } from "@host-service/artifact";
import { ClientError } from "@host-service/client";
import { exitCodes, isProblemCode, problemCodes } from "@host-service/protocol";
import { Interrupted } from "../commands/cancellable.ts";
import { UsageError } from "../arguments/usage-error.ts";
import type { SignatureError } from "@host-service/signature";
import { printable, printableJson } from "./printable.ts";
import { writeLine } from "./write.ts";

/** A failure of hostctl itself that is neither usage nor the daemon's: a question answered with no, an output that exists. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

/** What is there is never overwritten. */
export async function refuseExisting(path: string): Promise<void> {
  if ((await lstat(path).catch(() => undefined)) === undefined) return;
  throw new CommandError(`Cannot write "${path}": it exists; remove it, or give another name`);
}

interface Failure {
  exit: number;
  /** What `--json` prints; for what host-service did not answer it has the same members and a code of hostctl's own. */
  document: Record<string, unknown>;
  detail: string;
  hint?: string;
}

/** Prints the failure as one line on standard output, as the commands promise, and gives back the exit code. */
export async function reportFailure(error: unknown, options: { json: boolean }): Promise<number> {
  const failure = await failureOf(error);
  if (options.json) writeLine("stdout", printableJson(failure.document));
  else writeLine("stdout", printable(failure.detail));
  if (failure.hint !== undefined && !options.json) writeLine("stderr", failure.hint);
  return failure.exit;
}

async function failureOf(error: unknown): Promise<Failure> {
  if (error instanceof UsageError) {
    const found = own("usage", "The command line is not valid", error.message, exitCodes.usage);
    return { ...found, hint: error.hint };
  }
  if (error instanceof ClientError) return clientFailure(error);
  const detail = error instanceof Error ? error.message : String(error);
  if (error instanceof Interrupted) return own("interrupted", "The command was left", detail, exitCodes.failed);
  if (error instanceof CommandError) return own("failed", "The command failed", detail, exitCodes.failed);
  // The decoders take longer to load than most commands take; only what is left now can have come from them.
  const archive = await import("@host-service/archive");
  if (error instanceof archive.ArchiveError) return archiveFailure(error);
  const signature = await import("@host-service/signature");
  if (error instanceof signature.SignatureError) return signatureFailure(error);
  const artifact = await import("@host-service/artifact");
  if (error instanceof artifact.ArtifactError) return artifactFailure(error);
  return own("failed", "The command failed", detail, exitCodes.failed);
}

function clientFailure(error: ClientError): Failure {
  switch (error.kind) {
    case "problem": {
      const code = error.problem?.code ?? "failed";
      const exit = isProblemCode(code) ? problemCodes[code].exit : exitCodes.failed;
      return { exit, document: { ...error.problem }, detail: error.message };
    }
    case "no-connection":
      return own("no-connection", "host-service was not reached", error.message, exitCodes.noConnection);
    case "protocol":
      return own("protocol", "The answer is not of this protocol", error.message, exitCodes.failed);
    case "local-file":
      return own("local-file", "The file cannot be sent", error.message, exitCodes.failed);
  }
}

function archiveFailure(error: ArchiveError): Failure {
  const code = error.kind === "no-space" ? "no-space" : error.kind === "failed" ? "failed" : "image-refused";
  return own(code, problemCodes[code].title, error.message, problemCodes[code].exit);
}

/** A key that cannot be used is a matter of the caller's; everything else says something about the image. */
function signatureFailure({ kind, message }: SignatureError): Failure {
  const isAboutKey = kind === "key-invalid" || kind === "password-needed" || kind === "wrong-password";
  const code = isAboutKey ? "failed" : "signature-refused";
  return own(code, problemCodes[code].title, message, problemCodes[code].exit);
}

/** The class of the refusal is what scripts go by; a key or a limit that cannot be used says nothing about the file. */
function artifactFailure({ kind, message }: ArtifactError): Failure {
  if (kind === "config") return own("failed", problemCodes.failed.title, message, exitCodes.failed);
  const code = kind === "signature" ? "signature-refused" : "image-refused";
  const failure = own(code, problemCodes[code].title, message, problemCodes[code].exit);
  return { ...failure, detail: `${message} [${kind}]`, document: { ...failure.document, class: kind } };
}

function own(code: string, title: string, detail: string, exit: number): Failure {
  return { exit, detail, document: { type: `urn:host-service:problem:${code}`, title, detail, code } };
}
