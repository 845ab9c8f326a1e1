import type { DeviceTarget, Invocation, Run } from "../arguments/command.ts";
import { printable } from "../output/printable.ts";
import { writeLine } from "../output/write.ts";
import { openLine } from "./ssh-line.ts";

/** Runs a command against a device: to the command its host-service is at a socket like any other. */
export async function withDevice(device: DeviceTarget, invocation: Invocation, run: Run): Promise<number> {
  const say = (text: string) => writeLine("stderr", printable(text));
  await using line = await openLine({ ...device, say });
  return await run({ ...invocation, socketPath: line.socketPath, line });
}
