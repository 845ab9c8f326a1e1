import type { Entry, OptionSpec } from "../arguments/command.ts";
import { optionWords, optionsOfPlaces, placesOf, singleQuoted } from "./choices.ts";
import type { Place } from "./choices.ts";

/** For bash 4 and later, without bash-completion. */
export function bashCompletion(entries: readonly Entry[]): string {
  const places = placesOf(entries);
  const withValue = optionsOfPlaces(places).filter((option) => option.value !== undefined);
  const valueWords = withValue.flatMap(optionWords).join("|");
  const paths = places.filter(({ path }) => path !== "").map(({ path }) => singleQuoted(path));
  return `# bash completion of hostctl, made by: hostctl completion bash
_hostctl() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="" place="" arguments=0 index word next
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    next="\${place:+$place }$word"
    case "$word" in
      =) continue ;;
      ${valueWords})
        # bash splits --option=value into three words
        if [[ "\${COMP_WORDS[index + 1]}" == "=" ]]; then index=$((index + 1)); fi
        index=$((index + 1))
        continue ;;
      -?*) continue ;;
    esac
    case "$next" in
      ${paths.join("|")}) place="$next" ;;
      *) arguments=$((arguments + 1)) ;;
    esac
  done
  previous="\${COMP_WORDS[COMP_CWORD - 1]}"
  if [[ "$current" == "=" ]]; then current=""; elif [[ "$previous" == "=" ]]; then previous="\${COMP_WORDS[COMP_CWORD - 2]}"; fi
  case "$previous" in
${withValue.map(valueCase).join("\n")}
  esac
  local words="" files=""
  case "$place" in
${places.map(placeCase).join("\n")}
  esac
  if [[ -n "$files" && "$current" != -* ]]; then _hostctl_files; fi
  COMPREPLY+=($(compgen -W "$words" -- "$current"))
}
_hostctl_files() {
  local found
  compopt -o filenames 2> /dev/null
  while IFS= read -r found; do COMPREPLY+=("$found"); done < <(compgen -f -- "$current")
}
complete -F _hostctl hostctl
`;
}

function valueCase(option: OptionSpec): string {
  const pattern = optionWords(option).join("|");
  if (option.complete === "file") return `    ${pattern}) _hostctl_files; return ;;`;
  if (option.complete === undefined) return `    ${pattern}) return ;;`;
  return `    ${pattern}) COMPREPLY=($(compgen -W ${singleQuoted(option.complete.join(" "))} -- "$current")); return ;;`;
}

function placeCase(place: Place): string {
  const commands = place.commands.map(({ word }) => word).join(" ");
  const options = place.options.flatMap(optionWords).join(" ");
  const lines = [`    ${singleQuoted(place.path)})`, `      words=${singleQuoted(commands)}`];
  for (const [index, positional] of place.positionals.entries()) {
    const then =
      positional.complete === "file" ? "files=yes" : `words=${singleQuoted((positional.complete ?? []).join(" "))}`;
    lines.push(`      if ((arguments == ${index})); then ${then}; fi`);
  }
  lines.push(`      if [[ "$current" == -* ]]; then words=${singleQuoted(options)}; fi ;;`);
  return lines.join("\n");
}
