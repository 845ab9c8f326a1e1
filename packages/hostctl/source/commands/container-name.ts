import { ContainerName } from "@host-service/protocol";
import { SchemaError, parse } from "@host-service/schema";
import type { Invocation } from "../arguments/command.ts";
import { UsageError } from "../arguments/usage-error.ts";

/** The `{name}` of the path: what `--name` says, else "~", which is the caller's own or the only one. */
export function containerName(invocation: Invocation): string {
  const given = invocation.values.get("name");
  if (given === undefined) return "~";
  try {
    return parse(ContainerName, given, { subject: `--name "${given}"` });
  } catch (error) {
    if (error instanceof SchemaError) throw new UsageError(error.message);
    throw error;
  }
}
