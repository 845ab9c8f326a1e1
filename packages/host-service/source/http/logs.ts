// The log of a container as text: what was kept of its last trial where the journal of this boot does not have it, then the journal.
import { optional, parse, picklist, pipe, regex, strictObject, string, transform } from "@host-service/schema";
import { formatEntry, readJournal } from "@host-service/runtime/units";
import type { JournalEntry, JournalOptions } from "@host-service/runtime/units";
import { isOfBoot, textOf } from "../containers/trials/trial-log.ts";
import { trialLogPath } from "../containers/trials/watch.ts";
import { RequestError } from "../problems/request-error.ts";
import type { CallContext } from "./call.ts";

const flag = optional(picklist(["true", "false"]), "false");
const linesDefault = 1000;
/** While it follows, as tail(1) and journalctl(1) have it. */
const linesFollowedDefault = 10;
/** Each is a process. */
const readersMax = 16;
/** Who follows a quiet container is answered all the same. */
const firstEntryWaitMs = 300;

const LogRequest = strictObject({
  lines: optional(
    pipe(string(), regex(/^(?:0|[1-9]\d{0,4}|100000)$/, "has to be a number from 0 to 100000"), transform(Number)),
  ),
  boot: optional(
    pipe(
      string(),
      regex(/^(?:all|0|-[1-9]\d{0,3})$/, 'has to be 0 for this boot, -1 for the one before and so on, or "all"'),
      transform((text) => (text === "all" ? text : Number(text))),
    ),
  ),
  follow: flag,
  trial: flag,
});

interface WantedLog {
  lines: number;
  boot: JournalOptions["boot"] | undefined;
  follow: boolean;
  trial: boolean;
}

export function logRequestOf(request: Request): WantedLog {
  const query = Object.fromEntries(new URL(request.url).searchParams);
  const { lines, boot, ...flags } = parse(LogRequest, query, { subject: "what is wanted of the log" });
  const follow = flags.follow === "true";
  return {
    lines: lines ?? (follow ? linesFollowedDefault : linesDefault),
    boot,
    follow,
    trial: flags.trial === "true",
  };
}

let readers = 0;

export async function answerLogs(
  name: string,
  { wanted, signal, context }: { wanted: WantedLog; signal: AbortSignal; context: CallContext },
): Promise<Response> {
  const { containers, configuration, bootId } = context;
  const kept = await textOf(trialLogPath(configuration.stateDirectory, name));
  const { lines, trial, boot } = wanted;
  if (trial) {
    if (kept === "") {
      await containers.status(name);
      throw new RequestError("not-found", `Cannot show the log of a trial of "${name}": none was kept`);
    }
    return textResponse(lastLines(kept, lines));
  }
  // Where no image is left, what was kept is all that there is to say why.
  if ((await containers.checkLogs(name)).empty) return textResponse(lastLines(kept, lines));
  if (readers >= readersMax) {
    throw new RequestError(
      "busy",
      `Cannot show the log of "${name}": ${readersMax} logs are being read; try again later`,
    );
  }
  // Of an earlier boot, whose journal may be gone.
  const before = boot === undefined && kept !== "" && !isOfBoot(kept, bootId) ? `${lastLines(kept, lines)}${mark}` : "";
  return await streamed(name, { ...wanted, boot: boot ?? 0, before, signal });
}

const mark = "-- this boot --\n";

async function streamed(
  name: string,
  options: { lines: number; boot: JournalOptions["boot"]; follow: boolean; before: string; signal: AbortSignal },
): Promise<Response> {
  const { lines, boot, follow, before } = options;
  const ending = new AbortController();
  options.signal.addEventListener("abort", () => ending.abort(), { once: true });
  const entries = readJournal(name, { boot, lines, follow, signal: ending.signal });
  readers += 1;
  let isReading = true;
  const end = () => {
    ending.abort();
    if (isReading) readers -= 1;
    isReading = false;
  };
  // A journal that cannot be read is a problem document, and no half of a log.
  let first: Promise<IteratorResult<JournalEntry>> | undefined = entries.next();
  // Where the reader has left before it comes, nobody waits for it.
  first.catch(() => undefined);
  try {
    await Promise.race([first, ...(follow ? [Bun.sleep(firstEntryWaitMs)] : [])]);
  } catch (error) {
    end();
    throw error;
  }
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      if (before !== "") controller.enqueue(encoder.encode(before));
    },
    async pull(controller) {
      try {
        const next = await (first ?? entries.next());
        first = undefined;
        if (next.done !== true) return controller.enqueue(encoder.encode(formatEntry(next.value)));
        end();
        controller.close();
      } catch (error) {
        end();
        controller.error(error);
      }
    },
    cancel: end,
  });
  return new Response(body, { headers: plainText });
}

const plainText = { "content-type": "text/plain; charset=utf-8" };

function textResponse(text: string): Response {
  return new Response(text, { headers: plainText });
}

function lastLines(text: string, count: number): string {
  if (count === 0 || text === "") return "";
  const lines = text.replace(/\n$/, "").split("\n").slice(-count);
  return `${lines.join("\n")}\n`;
}
