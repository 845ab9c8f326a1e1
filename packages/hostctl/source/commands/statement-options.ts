// The options that name a manifest and its signature; data only, so that the help and the completions load nothing for it.
import type { OptionSpec } from "../arguments/command.ts";

export const manifest: OptionSpec = {
  name: "manifest",
  value: "FILE",
  complete: "file",
  summary: "the manifest beside the parts",
};
export const signature: OptionSpec = {
  name: "signature",
  value: "FILE",
  complete: "file",
  summary: "its signature (default: its name and .sig)",
};
