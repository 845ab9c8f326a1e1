// The only place that knows citty. It gets a command line that is already checked, in one canonical form, and binds it to the command;
// its own help, its messages and its way to end the process are never reached.
import { defineCommand, runCommand } from "citty";
import type { ArgsDef } from "citty";
import { deviceVariable, parseDevice, remoteSocketPath } from "../device/address.ts";
import type { CommandSpec, DeviceTarget, Invocation } from "./command.ts";
import { progressStyles } from "./command.ts";
import { optionsOf } from "./scan.ts";
import type { Scanned } from "./scan.ts";
import { defaultSocketPath } from "./socket-path.ts";
import { UsageError } from "./usage-error.ts";

/** What the words say; the rest of an invocation is known to who started the program. */
type Bound = Omit<Invocation, "program">;

/** Binds the scanned words to the command's arguments. */
export async function bind(command: CommandSpec, scanned: Scanned): Promise<Bound> {
  const options = optionsOf(command);
  const definitions: ArgsDef = {};
  for (const option of options) definitions[option.name] = { type: option.value === undefined ? "boolean" : "string" };
  let invocation: Bound | undefined;
  const bound = defineCommand({
    args: definitions,
    run({ args }) {
      const switches = new Set(options.filter((option) => args[option.name] === true).map((option) => option.name));
      const values = new Map<string, string>();
      for (const option of options) {
        const value = args[option.name];
        if (typeof value === "string") values.set(option.name, value);
      }
      invocation = { ...globals(switches, values), switches, values, lists: listsOf(scanned), positionals: args._ };
    },
  });
  await runCommand(bound, { rawArgs: canonical(scanned) });
  if (invocation === undefined) throw new Error("Cannot bind the arguments: the command did not run");
  return invocation;
}

/** citty keeps one value of each option. */
function listsOf({ options }: Scanned): Map<string, string[]> {
  const lists = new Map<string, string[]>();
  for (const { option, value } of options) {
    if (option.repeats !== true || value === undefined) continue;
    lists.set(option.name, [...(lists.get(option.name) ?? []), value]);
  }
  return lists;
}

function canonical(scanned: Scanned): string[] {
  const options = scanned.options.map(({ option, value }) =>
    value === undefined ? `--${option.name}` : `--${option.name}=${value}`,
  );
  return [...options, "--", ...scanned.positionals];
}

function globals(
  switches: ReadonlySet<string>,
  values: ReadonlyMap<string, string>,
): Omit<Bound, "switches" | "values" | "lists" | "positionals"> {
  const style = progressStyles.find((word) => word === values.get("progress"));
  return {
    socketPath: values.get("socket-path") ?? defaultSocketPath(process.env),
    device: deviceOf(values),
    quiet: switches.has("quiet"),
    json: switches.has("json"),
    verbose: switches.has("verbose"),
    progress: style ?? "auto",
    progressGiven: style !== undefined,
  };
}

const retryTimeSeconds = { default: 300, max: 86_400 } as const;

function deviceOf(values: ReadonlyMap<string, string>): DeviceTarget | undefined {
  const retryTimeMs = 1000 * retryTimeOf(values.get("retry-time"));
  const given = values.get("device") ?? process.env[deviceVariable];
  if (given === undefined || given === "") return undefined;
  return { device: parseDevice(given), remotePath: remoteSocketPath(values.get("socket-path")), retryTimeMs };
}

function retryTimeOf(given: string | undefined): number {
  if (given === undefined) return retryTimeSeconds.default;
  const seconds = /^\d{1,5}$/.test(given) ? Number(given) : Number.NaN;
  if (seconds <= retryTimeSeconds.max) return seconds;
  throw new UsageError(`Cannot read "--retry-time ${given}": it has to be seconds from 0 to ${retryTimeSeconds.max}`);
}
