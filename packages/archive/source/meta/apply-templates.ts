import { closeSync, constants, openSync } from "node:fs";
import { parse } from "@host-service/schema";
import { ArchiveError } from "../error.ts";
import { printable } from "../tar/byte-string.ts";
import { startChild, unexplained } from "../unpack/child.ts";
import type { IdRange } from "../unpack/shift.ts";
import type { Template } from "./metadata.ts";
import { type TemplatesAnswer, type TemplatesRequest, templatesAnswer } from "./templates-message.ts";

export interface ApplyOptions {
  /** The argv that starts this program. */
  readonly program: readonly string[];
  /** The root, in which nothing runs. */
  readonly directory: string;
  readonly templates: readonly Template[];
  readonly ids?: IdRange | undefined;
  /** Held by the child for as long as it may write. */
  readonly lockFd?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Paths are printable. */
export interface Applied {
  readonly applied: readonly string[];
  readonly skipped: readonly { readonly path: string; readonly why: string }[];
  readonly hostWords: readonly string[];
}

/** Throws ArchiveError. When it has settled, nobody writes into the directory. */
export async function applyTemplates(options: ApplyOptions): Promise<Applied> {
  const { program, directory, templates, ids, lockFd, signal } = options;
  if (templates.length === 0) return { applied: [], skipped: [], hostWords: [] };
  const directoryFd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    let said: TemplatesAnswer | undefined;
    const child = startChild({
      command: [...program, "job", "templates", lockFd === undefined ? "free" : "lock", ...program],
      input: "pipe",
      descriptors: lockFd === undefined ? [directoryFd] : [directoryFd, lockFd],
      output: (line) => {
        said = answerOf(line);
      },
    });
    const kill = () => child.kill();
    signal?.addEventListener("abort", kill, { once: true });
    if (signal?.aborted === true) kill();
    try {
      const request: TemplatesRequest = {
        templates: templates.map((template) => ({ ...template })),
        ...(ids === undefined ? {} : { ids: { base: ids.base, count: ids.count } }),
      };
      await send(child.input, JSON.stringify(request), child.ended);
      const ending = await child.ended;
      if (signal?.aborted === true) {
        throw new ArchiveError("cancelled", "Cannot apply the templates: it was cancelled", { cause: signal.reason });
      }
      return outcomeOf(said, { ending, templates });
    } finally {
      signal?.removeEventListener("abort", kill);
      kill();
      await child.ended;
    }
  } finally {
    closeSync(directoryFd);
  }
}

/** A child that ends early breaks the pipe; how it ended says more. */
async function send(
  input: ReturnType<typeof startChild>["input"],
  text: string,
  ended: Promise<unknown>,
): Promise<void> {
  if (input === undefined) throw new Error("unreachable: the input is a pipe");
  const sent = (async () => {
    await input.write(text);
    await input.end();
  })().catch(() => undefined);
  await Promise.race([sent, ended]);
}

function outcomeOf(
  said: TemplatesAnswer | undefined,
  { ending, templates }: { ending: Parameters<typeof unexplained>[1]; templates: readonly Template[] },
): Applied {
  if (said?.type === "failed") {
    const next = said.isNoSpace ? "; free some space" : "";
    throw new ArchiveError(
      said.isNoSpace ? "no-space" : "failed",
      `Cannot apply the templates: ${said.message}${next}`,
    );
  }
  if (said === undefined || ending.exitCode !== 0) throw unexplained("the process for templates", ending);
  const pathOf = (index: number) => printable(templates[index]?.path ?? "");
  return {
    applied: said.applied.map(pathOf),
    skipped: said.skipped.map(({ index, why }) => ({ path: pathOf(index), why })),
    hostWords: said.hostWords,
  };
}

/** The child works on what strangers wrote, so what it says is checked like theirs; undefined is no answer of ours. */
function answerOf(line: string): TemplatesAnswer | undefined {
  try {
    return parse(templatesAnswer, JSON.parse(line), { subject: "the process for templates" });
  } catch {
    // The job ends without an answer that counts, and that is reported.
    return undefined;
  }
}
