import type { Entry, OptionSpec } from "../arguments/command.ts";
import { optionWords, optionsOfPlaces, placesOf, singleQuoted } from "./choices.ts";
import type { Place } from "./choices.ts";

export function zshCompletion(entries: readonly Entry[]): string {
  const places = placesOf(entries);
  const withValue = optionsOfPlaces(places).filter((option) => option.value !== undefined);
  const valueWords = withValue.flatMap(optionWords).join("|");
  const paths = places.filter(({ path }) => path !== "").map(({ path }) => singleQuoted(path));
  return `#compdef hostctl
# zsh completion of hostctl, made by: hostctl completion zsh
_hostctl() {
  local place="" word next
  local -i arguments=0 index
  for ((index = 2; index < CURRENT; index++)); do
    word="\${words[index]}"
    next="\${place:+$place }$word"
    case "$word" in
      (${valueWords}) index+=1; continue ;;
      (-?*) continue ;;
    esac
    case "$next" in
      (${paths.join("|")}) place="$next" ;;
      (*) arguments+=1 ;;
    esac
  done
  local option="\${words[CURRENT-1]}"
  if [[ "$PREFIX" == --*=* ]]; then
    option="\${PREFIX%%=*}"
    compset -P '*='
  fi
  case "$option" in
${withValue.map(valueCase).join("\n")}
  esac
  local -a choices
  case "$place" in
${places.map(placeCase).join("\n")}
  esac
}
if [[ "$funcstack[1]" == _hostctl ]]; then _hostctl "$@"; else compdef _hostctl hostctl; fi
`;
}

function valueCase(option: OptionSpec): string {
  const pattern = optionWords(option).join("|");
  if (option.complete === "file") return `    (${pattern}) _files; return ;;`;
  if (option.complete === undefined) return `    (${pattern}) _message ${singleQuoted(option.value ?? "")}; return ;;`;
  return `    (${pattern}) compadd -- ${option.complete.join(" ")}; return ;;`;
}

function placeCase(place: Place): string {
  const describe = (words: readonly { word: string; summary: string }[]): string =>
    words.map(({ word, summary }) => singleQuoted(`${word.replaceAll(":", "\\:")}:${summary}`)).join(" ");
  const options = place.options.flatMap((option) =>
    optionWords(option).map((word) => ({ word, summary: option.summary })),
  );
  const lines = [`    (${singleQuoted(place.path)})`];
  lines.push(
    `      if [[ "$PREFIX" == -* ]]; then choices=(${describe(options)}); _describe option choices; return; fi`,
  );
  if (place.commands.length > 0) {
    lines.push(`      choices=(${describe(place.commands)}); _describe command choices; return`);
  }
  for (const [index, positional] of place.positionals.entries()) {
    const then = positional.complete === "file" ? "_files" : `compadd -- ${(positional.complete ?? []).join(" ")}`;
    lines.push(`      if ((arguments == ${index})); then ${then}; return; fi`);
  }
  lines.push("      ;;");
  return lines.join("\n");
}
