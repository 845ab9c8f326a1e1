import { progressStyles } from "./command.ts";
import type { OptionSpec } from "./command.ts";

/** Known before and after every command. */
export const globalOptions = [
  {
    name: "socket-path",
    short: "s",
    value: "PATH",
    complete: "file",
    summary: "the socket of host-service",
  },
  { name: "device", value: "ADDRESS", summary: "ssh://[user@]device[:port]: reach it through ssh" },
  { name: "retry-time", value: "S", summary: "seconds to try a lost line to it again (300)" },
  { name: "quiet", short: "q", summary: "print nothing when it succeeds" },
  { name: "json", summary: "print the answer, or the problem, as one line of JSON" },
  {
    name: "progress",
    value: "STYLE",
    complete: progressStyles,
    summary: "auto (a bar on a terminal), plain, json, none",
  },
  { name: "verbose", summary: "tell each request on standard error" },
  { name: "version", summary: "print the version" },
  { name: "help", short: "h", summary: "print the help of hostctl or of the command" },
] as const satisfies readonly OptionSpec[];
