import { lastWords, type ToolEnding } from "../run/run-tool.ts";

/**
 * Why it failed: mender-update ends with what it could not fulfill; both it and the 3.x client log lines of fields, in which a message of the
 * level "error" is the nearest thing to a reason.
 */
export function menderReason(ending: ToolEnding): string {
  const lines = [...ending.output, ...ending.errors];
  const request = lines.findLast((line) => refused.test(line));
  if (request !== undefined) return request.replace(refused, "");
  const logged = lines.findLast((line) => /\b(?:level|severity)=(?:error|fatal)\b/u.test(line));
  const message = logged === undefined ? undefined : /\bmsg="((?:[^"\\]|\\.)*)"/u.exec(logged)?.[1];
  return message === undefined ? lastWords(ending) : unquoted(message);
}

const refused = /^Could not fulfill request: /u;

/** As logfmt quotes: a line break is `\n`, and anything else behind a backslash is itself. */
function unquoted(message: string): string {
  return message.replaceAll(/\\(.)/gu, (_, character: string) => (/[nrt]/u.test(character) ? " " : character));
}

/** What a person has to know beside the success. */
export function menderWarnings({ output }: ToolEnding): string[] {
  return output.filter((line) => /\brequested a reboot\b/u.test(line)).map((line) => `mender: ${line}`);
}
