// `hostctl container config` and `device`: what the host sets while a container is there. One update each, which the guest is told.
import { exitCodes } from "@host-service/protocol";
import type { Invocation } from "../arguments/command.ts";
import { UsageError } from "../arguments/usage-error.ts";
import { printAnswer, printWarnings } from "../output/answer.ts";
import { printable } from "../output/printable.ts";
import { write } from "../output/write.ts";
import { connect } from "./connect.ts";
import { containerName } from "./container-name.ts";

export async function config(invocation: Invocation): Promise<number> {
  const [verb, key, value] = invocation.positionals;
  const words = { get: ["key"], set: ["key", "value"], unset: ["key"], list: [] };
  checkWords(invocation, { command: "config", words });
  if (verb === "list") return await listConfig(invocation);
  if (verb === "get") return await getKey(invocation, key ?? "");
  return await changeConfig(invocation, { [key ?? ""]: verb === "set" ? (value ?? "") : null });
}

export async function device(invocation: Invocation): Promise<number> {
  const [verb, name = "", ...properties] = invocation.positionals;
  const words = { add: ["device", "key=value"], remove: ["device"], list: [] };
  checkWords(invocation, { command: "device", words, repeats: "add" });
  if (verb === "list") return await listDevices(invocation);
  const devices = { [name]: verb === "add" ? propertiesOf(properties) : null };
  const parameters = { name: containerName(invocation) };
  const answer = await connect(invocation).call("changeContainerDevices", { parameters, request: { devices } });
  printWarnings(answer.warnings);
  printAnswer(invocation, answer, ["OK"]);
  return exitCodes.done;
}

async function getKey(invocation: Invocation, key: string): Promise<number> {
  const parameters = { name: containerName(invocation), key };
  const answer = await connect(invocation).call("containerConfigKey", { parameters });
  // A file or a pipe gets the value as it is, with one newline; a terminal gets no control characters.
  if (!invocation.json && !invocation.quiet && !process.stdout.isTTY) write("stdout", `${answer.value}\n`);
  else printAnswer(invocation, answer, answer.value.split("\n").map(printable));
  return exitCodes.done;
}

async function changeConfig(invocation: Invocation, change: Record<string, string | null>): Promise<number> {
  const parameters = { name: containerName(invocation) };
  const answer = await connect(invocation).call("changeContainerConfig", { parameters, request: { config: change } });
  printWarnings(answer.warnings);
  printAnswer(invocation, answer, ["OK"]);
  return exitCodes.done;
}

/** A value of several lines is one JSON string, so that a line is always one key. */
async function listConfig(invocation: Invocation): Promise<number> {
  const answer = await connect(invocation).call("containerConfig", { parameters: { name: containerName(invocation) } });
  const lines = Object.entries(answer.config).map(([key, value]) => {
    const shown = /[\p{Cc}"]/u.test(value) ? JSON.stringify(value) : value;
    return printable(`${key}: ${shown}`);
  });
  printAnswer(invocation, answer, lines);
  return exitCodes.done;
}

async function listDevices(invocation: Invocation): Promise<number> {
  const answer = await connect(invocation).call("containerDevices", {
    parameters: { name: containerName(invocation) },
  });
  const lines = Object.entries(answer.devices).map(([name, properties]) => {
    const words = Object.entries(properties).map(([key, value]) => `${key}=${value}`);
    return printable(`${name}: ${words.join(" ")}`);
  });
  printAnswer(invocation, answer, lines);
  return exitCodes.done;
}

function propertiesOf(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    words.map((word) => {
      const equals = word.indexOf("=");
      if (equals > 0) return [word.slice(0, equals), word.slice(equals + 1)];
      throw new UsageError(`Cannot read "${word}": a property of a device is written KEY=VALUE`, [
        "container",
        "device",
      ]);
    }),
  );
}

/** What stands behind each verb; the last word of `repeats` any number of times. */
function checkWords(
  { positionals }: Invocation,
  {
    command,
    words,
    repeats,
  }: { command: string; words: Readonly<Record<string, readonly string[]>>; repeats?: string },
): void {
  const [verb = "", ...given] = positionals;
  const full = `hostctl container ${command}`;
  const wanted = Object.hasOwn(words, verb) ? words[verb] : undefined;
  if (wanted === undefined) {
    const verbs = Object.keys(words).join(", ");
    throw new UsageError(`Cannot run "${full} ${verb}": there is no such command; there are ${verbs}`, [
      "container",
      command,
    ]);
  }
  const missing = wanted[given.length];
  if (missing !== undefined)
    throw new UsageError(`Cannot run "${full} ${verb}": <${missing}> is missing`, ["container", command]);
  if (given.length === wanted.length || verb === repeats) return;
  // Not which ones: a value that lacks its quotes may be a secret.
  const takes = wanted.map((word) => `<${word}>`).join(" ") || "nothing";
  const why = `it takes ${takes}, and there are words too many; quote a value that has blanks`;
  throw new UsageError(`Cannot run "${full} ${verb}": ${why}`, ["container", command]);
}
