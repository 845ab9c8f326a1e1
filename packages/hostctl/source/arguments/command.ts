// What a command is, as data: the parser, the help and the completions are all made of it, so that none of them can go stale.
import type { Line } from "@host-service/client";
import type { DoctorReport, Finding } from "@host-service/protocol";
import type { DeviceAddress } from "../device/address.ts";

export interface OptionSpec {
  name: string;
  short?: string;
  summary: string;
  /** The word for its value in the help; without it the option is a switch. */
  value?: string;
  /** What completes the value: file names, or one of these words, which are then the only ones allowed. */
  complete?: "file" | readonly string[];
  /** It may be given several times, each time with another value. */
  repeats?: true;
}

export interface PositionalSpec {
  name: string;
  required: boolean;
  complete?: "file" | readonly string[];
  /** The last one, which may be given several times. */
  repeats?: true;
}

export interface CommandSpec {
  name: string;
  summary: string;
  positionals: readonly PositionalSpec[];
  options: readonly OptionSpec[];
  /** The forms of its arguments, where the positionals do not tell them all. */
  usage?: readonly string[];
  /** Paragraphs below the usage line in the help of this command. */
  details?: readonly string[];
  examples: readonly string[];
  /** Loaded when the command is run, so that no command pays for another. */
  load: () => Promise<Run>;
}

export interface CommandGroup {
  name: string;
  summary: string;
  commands: readonly CommandSpec[];
}

/** A word at the top level is a command or a group of commands. */
export type Entry = CommandSpec | CommandGroup;

export function isGroup(entry: Entry): entry is CommandGroup {
  return "commands" in entry;
}

/** What the person asked for, after the command line was checked against the command's data. */
export interface Invocation {
  socketPath: string;
  /** The device that is meant, where it is not this machine. */
  device: DeviceTarget | undefined;
  /** The way to it, once it is there: `socketPath` leads to it then. */
  line?: Line;
  quiet: boolean;
  json: boolean;
  verbose: boolean;
  progress: ProgressStyle;
  /** True where `--progress` was given, which then wins over `--quiet`. */
  progressGiven: boolean;
  /** The command's own switches and values, by the option's name. */
  switches: ReadonlySet<string>;
  values: ReadonlyMap<string, string>;
  /** All values of the options that may be repeated. */
  lists: ReadonlyMap<string, readonly string[]>;
  positionals: readonly string[];
  /** The argv that starts this program again, for its jobs. */
  program: readonly string[];
  /** Examines this host without the daemon; undefined where there is no host around us. */
  examineHost?: ExamineHost;
}

/** The findings are what was found before. */
export type ExamineHost = (before: readonly Finding[]) => Promise<DoctorReport>;

export interface DeviceTarget {
  device: DeviceAddress;
  remotePath: string;
  retryTimeMs: number;
}

export const progressStyles = ["auto", "plain", "json", "none"] as const;
type ProgressStyle = (typeof progressStyles)[number];

/** Does the work and gives back the exit code. Failures are thrown. */
export type Run = (invocation: Invocation) => Promise<number>;
