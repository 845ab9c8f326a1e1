import { createClient } from "@host-service/client";
import type { Client } from "@host-service/client";
import type { Invocation } from "../arguments/command.ts";
import { printable } from "../output/printable.ts";
import { writeLine } from "../output/write.ts";

export function connect(invocation: Invocation): Client {
  const { socketPath, line, verbose } = invocation;
  return createClient({
    socketPath,
    ...(line === undefined ? {} : { line }),
    ...(verbose ? { trace: (text: string) => writeLine("stderr", printable(`request: ${text}`)) } : {}),
  });
}
