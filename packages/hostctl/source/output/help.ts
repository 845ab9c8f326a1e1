import { isGroup } from "../arguments/command.ts";
import type { CommandGroup, CommandSpec, Entry, OptionSpec } from "../arguments/command.ts";
import { globalOptions } from "../arguments/global-options.ts";
import { deviceVariable } from "../device/address.ts";
import { socketVariable } from "../arguments/socket-path.ts";
import { entries } from "../commands/entries.ts";
import { alignColumns } from "./columns.ts";

const lineWidth = 80;
const nameWidth = 10;

/** The help of hostctl, of a group, or of a command. */
export function helpFor(path: readonly string[], entry: Entry | undefined): string {
  if (entry === undefined) return programHelp();
  return isGroup(entry) ? groupHelp(entry) : commandHelp(path, entry);
}

function programHelp(): string {
  const sections = entries
    .filter(isGroup)
    .flatMap((group) => ["", `hostctl ${group.name}: ${group.summary}`, ...commandLines(group.commands)]);
  const others = entries.filter((entry) => !isGroup(entry));
  return [
    "hostctl asks host-service to update containers and to control the host.",
    "",
    "Usage: hostctl [options] <command> [arguments]",
    "",
    "Commands:",
    ...commandLines(others),
    ...sections,
    "",
    "Options, before or after the command:",
    ...optionLines(globalOptions),
    "",
    "Examples:",
    "  hostctl container install config.yaml rootfs.tar.xz   stage a new image",
    "  hostctl reboot                                        start it on trial",
    "  hostctl container commit                              keep it",
    "",
    "Exit codes:",
    "  0 done      1 failed        2 usage                  3 no connection",
    "  4 refused   5 not verified  6 busy: another is at it 7 no space  8 not allowed",
    "",
    "Environment:",
    `  ${socketVariable}   the socket, where --socket-path is not given;`,
    "                        without both it is /run/host-service, and in a container",
    "                        the listener beside /host/hostctl",
    `  ${deviceVariable}   the device, where --device is not given`,
    "",
    "With --device, --socket-path is the socket there. Your own ssh connects, with",
    "its configuration, agent and jump hosts; no port is opened. Files of this",
    "machine are sent, and go on where they were when the line was lost.",
    "",
    "More: hostctl <command> --help",
  ].join("\n");
}

function groupHelp(group: CommandGroup): string {
  return [
    `hostctl ${group.name}: ${group.summary}`,
    "",
    `Usage: hostctl ${group.name} <command> [arguments]`,
    "",
    "Commands:",
    ...commandLines(group.commands),
    "",
    `More: hostctl ${group.name} <command> --help`,
  ].join("\n");
}

function commandHelp(path: readonly string[], command: CommandSpec): string {
  const paragraphs = (command.details ?? []).flatMap((paragraph) => ["", ...wrap(paragraph)]);
  const own = command.options.length === 0 ? [] : ["", "Options:", ...optionLines(command.options)];
  return [
    `hostctl ${path.join(" ")}: ${command.summary}`,
    "",
    ...usageLines(path, command),
    ...paragraphs,
    ...own,
    "",
    "Options of every command:",
    ...optionLines(globalOptions),
    "",
    "Examples:",
    ...command.examples.map((example) => `  ${example}`),
  ].join("\n");
}

function usageLines(path: readonly string[], command: CommandSpec): string[] {
  const own = command.positionals.map(({ name, required }) => (required ? `<${name}>` : `[${name}]`)).join(" ");
  const forms = (command.usage ?? [own]).map((form) => `hostctl ${path.join(" ")} ${form}`.trimEnd());
  return forms.map((form, index) => `${index === 0 ? "Usage: " : "       "}${form}`);
}

function commandLines(commands: readonly { name: string; summary: string }[]): string[] {
  return alignColumns(commands.map(({ name, summary }) => [`  ${name.padEnd(nameWidth)}`, summary]));
}

function optionLines(options: readonly OptionSpec[]): string[] {
  return alignColumns(
    options.map(({ name, short, value, summary }) => {
      const words = short === undefined ? `    --${name}` : `-${short}, --${name}`;
      return [`  ${words}${value === undefined ? "" : ` ${value}`}`, summary];
    }),
  );
}

function wrap(paragraph: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of paragraph.split(" ")) {
    if (line !== "" && line.length + word.length + 1 > lineWidth) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
