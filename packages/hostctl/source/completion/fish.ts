import type { Entry, OptionSpec } from "../arguments/command.ts";
import { optionWords, optionsOfPlaces, placesOf } from "./choices.ts";
import type { Place } from "./choices.ts";

export function fishCompletion(entries: readonly Entry[]): string {
  const places = placesOf(entries);
  const withValue = optionsOfPlaces(places).filter((option) => option.value !== undefined);
  const paths = places.filter(({ path }) => path !== "").map(({ path }) => quoted(path));
  return `# fish completion of hostctl, made by: hostctl completion fish
# Prints the command that was typed so far, and how many arguments follow it.
function __hostctl_place
  set -l place ""
  set -l arguments 0
  set -l skip 0
  for word in (commandline -opc)[2..-1]
    if test $skip = 1
      set skip 0
      continue
    end
    switch $word
      case ${withValue.flatMap(optionWords).join(" ")}
        set skip 1
        continue
      case '-?*'
        continue
    end
    set -l next (string trim -- "$place $word")
    if contains -- $next ${paths.join(" ")}
      set place $next
    else
      set arguments (math $arguments + 1)
    end
  end
  echo $place
  echo $arguments
end
function __hostctl_at
  set -l now (__hostctl_place)
  test "$now[1]" = "$argv[1]"; or return 1
  test (count $argv) -lt 2; or test $now[2] -eq $argv[2]
end
complete -c hostctl -f
${places.flatMap(linesOf).join("\n")}
`;
}

function linesOf(place: Place): string[] {
  const at = (index?: number): string =>
    quoted(`__hostctl_at ${quotedInside(place.path)}${index === undefined ? "" : ` ${index}`}`);
  const commands = place.commands.map(
    ({ word, summary }) => `complete -c hostctl -n ${at()} -a ${word} -d ${quoted(summary)}`,
  );
  const positionals = place.positionals.map((positional, index) =>
    positional.complete === "file"
      ? `complete -c hostctl -n ${at(index)} -F`
      : `complete -c hostctl -n ${at(index)} -a ${quoted((positional.complete ?? []).join(" "))}`,
  );
  return [...commands, ...positionals, ...place.options.map((option) => optionLine(option, at()))];
}

function optionLine(option: OptionSpec, condition: string): string {
  const short = option.short === undefined ? "" : ` -s ${option.short}`;
  const value = option.value === undefined ? "" : valueOf(option);
  return `complete -c hostctl -n ${condition} -l ${option.name}${short}${value} -d ${quoted(option.summary)}`;
}

function valueOf(option: OptionSpec): string {
  if (option.complete === "file") return " -r -F";
  if (option.complete === undefined) return " -x";
  return ` -x -a ${quoted(option.complete.join(" "))}`;
}

/** fish knows \\\\ and \\' inside single quotes. */
function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

function quotedInside(path: string): string {
  return `"${path}"`;
}
