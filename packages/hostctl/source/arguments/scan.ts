// Reads the words of the command line against the commands' data. Options may stand anywhere; everything after "--" is an argument.
import { nearest } from "@host-service/schema";
import { isGroup } from "./command.ts";
import type { CommandSpec, Entry, OptionSpec } from "./command.ts";
import { globalOptions } from "./global-options.ts";
import { UsageError } from "./usage-error.ts";

interface GivenOption {
  option: OptionSpec;
  value: string | undefined;
}

export interface Scanned {
  /** The words that name the command: [], ["ping"], ["container"], ["container", "status"]. */
  path: readonly string[];
  entry: Entry | undefined;
  options: readonly GivenOption[];
  positionals: readonly string[];
}

/** Splits the words and says what is wrong with them. How many arguments there are is checked by `checkPositionals`. */
export function scan(argv: readonly string[], entries: readonly Entry[]): Scanned {
  const known = optionsOfAll(entries);
  const path: string[] = [];
  const positionals: string[] = [];
  const found: { word: string; given: GivenOption | undefined }[] = [];
  let entry: Entry | undefined;
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? "";
    if (word === "--") {
      positionals.push(...argv.slice(index + 1));
      break;
    }
    if (word.startsWith("-") && word !== "-") {
      const read = readOption(word, argv[index + 1], { known, path });
      found.push({ word, given: read?.given });
      if (read?.tookNext === true) index++;
    } else if (entry === undefined || isGroup(entry)) {
      entry = findEntry(word, entry?.commands ?? entries, path);
      path.push(word);
    } else positionals.push(word);
  }
  const options = found.map(({ word, given }) => checkedOption(word, given, { entry, path }));
  checkRepetition(options, path);
  return { path, entry, options, positionals };
}

/** Too few or too many arguments, with the name of the one that is missing. */
export function checkPositionals(command: CommandSpec, given: readonly string[], path: readonly string[]): void {
  const missing = command.positionals[given.length];
  if (missing?.required === true)
    throw new UsageError(`Cannot run ${quoted(path)}: <${missing.name}> is missing`, path);
  const extra = given[command.positionals.length];
  if (extra === undefined || command.positionals.at(-1)?.repeats === true) return;
  throw new UsageError(`Cannot run ${quoted(path)}: the argument "${extra}" is one too many`, path);
}

export function optionsOf(command: CommandSpec | undefined): readonly OptionSpec[] {
  return [...(command?.options ?? []), ...globalOptions];
}

/** An option has one meaning everywhere, so whether it takes a value is known before its command is. */
function optionsOfAll(entries: readonly Entry[]): Map<string, OptionSpec> {
  const commands = entries.flatMap((entry) => (isGroup(entry) ? entry.commands : [entry]));
  const options: OptionSpec[] = [...globalOptions, ...commands.flatMap((command) => command.options)];
  const names = new Map<string, OptionSpec>();
  for (const option of options) {
    names.set(`--${option.name}`, option);
    if (option.short !== undefined) names.set(`-${option.short}`, option);
  }
  return names;
}

function readOption(
  word: string,
  next: string | undefined,
  context: { known: Map<string, OptionSpec>; path: readonly string[] },
): { given: GivenOption; tookNext: boolean } | undefined {
  const equals = word.indexOf("=");
  const name = equals === -1 ? word : word.slice(0, equals);
  const option = context.known.get(name);
  if (option === undefined) return undefined;
  const inline = equals === -1 ? undefined : word.slice(equals + 1);
  if (option.value === undefined) {
    if (inline === undefined) return { given: { option, value: undefined }, tookNext: false };
    throw new UsageError(`Cannot read "${word}": ${name} takes no value`, context.path);
  }
  const value = inline ?? next;
  if (value === undefined || value === "" || (inline === undefined && value.startsWith("-") && value !== "-")) {
    throw new UsageError(`Cannot read "${name}": its value ${option.value} is missing`, context.path);
  }
  checkWord(option, value, context.path);
  return { given: { option, value }, tookNext: inline === undefined };
}

function checkWord(option: OptionSpec, value: string, path: readonly string[]): void {
  const words = option.complete;
  if (words === undefined || words === "file" || words.includes(value)) return;
  throw new UsageError(`Cannot read "--${option.name} ${value}": it has to be ${oneOf(words)}`, path);
}

function findEntry(word: string, among: readonly Entry[], path: readonly string[]): Entry {
  const names = among.map((entry) => entry.name);
  const found = among.find((entry) => entry.name === word);
  if (found !== undefined) return found;
  const beginning = names.filter((name) => word !== "" && name.startsWith(word));
  const meant = beginning.length === 1 ? beginning[0] : nearest(word, names);
  const full = ["hostctl", ...path, word].join(" ");
  const hint = meant === undefined ? `; there are ${names.join(", ")}` : `; did you mean "${meant}"?`;
  throw new UsageError(`Cannot run "${full}": there is no such command${hint}`, path);
}

function checkedOption(
  word: string,
  given: GivenOption | undefined,
  context: { entry: Entry | undefined; path: readonly string[] },
): GivenOption {
  const { entry, path } = context;
  const allowed = optionsOf(entry === undefined || isGroup(entry) ? undefined : entry);
  if (given !== undefined && allowed.some((option) => option.name === given.option.name)) return given;
  const name = word.split("=", 1)[0] ?? word;
  const meant = nearest(
    name,
    allowed.map((option) => `--${option.name}`),
  );
  const hint = meant === undefined || meant === name ? "" : `; did you mean "${meant}"?`;
  throw new UsageError(`Cannot run ${quoted(path)}: it has no option "${name}"${hint}`, path);
}

function checkRepetition(options: readonly GivenOption[], path: readonly string[]): void {
  const values = new Map<string, string>();
  for (const { option, value } of options) {
    if (value === undefined || option.repeats === true) continue;
    const before = values.get(option.name);
    if (before !== undefined && before !== value) {
      throw new UsageError(`Cannot run ${quoted(path)}: --${option.name} is given twice`, path);
    }
    values.set(option.name, value);
  }
}

/** "bash, zsh or fish". */
export function oneOf(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

export function quoted(path: readonly string[]): string {
  return `"${["hostctl", ...path].join(" ")}"`;
}
