import { createClient } from "@host-service/client";
import type { Client } from "@host-service/client";
import type { Invocation } from "../arguments/command.ts";
import { printable } from "../output/printable.ts";
import { writeLine } from "../output/write.ts";

export function connect(invocation: Invocation): Client {
  const { socketPath, verbose } = invocation;
  if (!verbose) return createClient({ socketPath });
  return createClient({ socketPath, trace: (line) => writeLine("stderr", printable(`request: ${line}`)) });
}
