// What can follow in each place of a command line, as plain data; each shell's file only writes it in that shell's language.
import { isGroup } from "../arguments/command.ts";
import type { CommandSpec, Entry, OptionSpec, PositionalSpec } from "../arguments/command.ts";
import { globalOptions } from "../arguments/global-options.ts";

interface Choice {
  word: string;
  summary: string;
}

/** One place: what the words before it were, and what can come now. */
export interface Place {
  /** "", "container", "container install". */
  path: string;
  commands: readonly Choice[];
  options: readonly OptionSpec[];
  positionals: readonly PositionalSpec[];
}

export function placesOf(entries: readonly Entry[]): Place[] {
  const places: Place[] = [place("", { commands: entries })];
  for (const entry of entries) {
    if (!isGroup(entry)) places.push(place(entry.name, { command: entry }));
    else {
      places.push(place(entry.name, { commands: entry.commands }));
      for (const command of entry.commands) places.push(place(`${entry.name} ${command.name}`, { command }));
    }
  }
  return places;
}

/** Every option once. */
export function optionsOfPlaces(places: readonly Place[]): OptionSpec[] {
  const options = new Map<string, OptionSpec>();
  for (const { options: own } of places) for (const option of own) options.set(option.name, option);
  return [...options.values()];
}

export function optionWords(option: OptionSpec): string[] {
  return option.short === undefined ? [`--${option.name}`] : [`--${option.name}`, `-${option.short}`];
}

/** In single quotes, for every shell: those in the text become a closing quote, a quoted quote, and an opening one. */
export function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function place(path: string, content: { commands?: readonly Entry[]; command?: CommandSpec }): Place {
  return {
    path,
    commands: (content.commands ?? []).map(({ name, summary }) => ({ word: name, summary })),
    options: [...(content.command?.options ?? []), ...globalOptions],
    positionals: content.command?.positionals ?? [],
  };
}
