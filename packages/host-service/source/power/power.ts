// What the host can be told: reboot and suspend. Which program does it is the configuration's choice.
import type { PowerConfiguration } from "../configuration/configuration.ts";

export type PowerAction = "reboot" | "suspend";

export type PowerErrorKind = "not-configured" | "command-failed";

export class PowerError extends Error {
  override readonly name = "PowerError";
  readonly kind: PowerErrorKind;

  constructor(kind: PowerErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** A power command only has to be taken, not finished: `systemctl --no-block` and its like return at once. */
const commandTimeoutMs = 10_000;
const outputBytesMax = 4096;

/** Returns when the host took the command; what follows happens by itself. Throws PowerError. */
export async function power(action: PowerAction, configuration: PowerConfiguration): Promise<void> {
  const command = commandOf(action, configuration);
  let child;
  try {
    child = Bun.spawn([...command], {
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
      timeout: commandTimeoutMs,
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new PowerError("command-failed", `Cannot ${action} the host: ${quoted(command)} did not start (${why})`, {
      cause: error,
    });
  }
  const said = await firstLine(child.stderr);
  const status = await child.exited;
  if (status === 0) return;
  const how = child.signalCode === null ? `ended with ${status}` : `was ended by ${child.signalCode}`;
  throw new PowerError("command-failed", `Cannot ${action} the host: ${quoted(command)} ${how}${said && `: ${said}`}`);
}

function commandOf(action: PowerAction, configuration: PowerConfiguration): readonly string[] {
  switch (configuration.driver) {
    case "systemd":
      return ["systemctl", "--no-block", "--no-ask-password", action];
    case "command": {
      const command = configuration[action];
      if (command !== undefined) return command;
      throw notConfigured(action, `power.driver is "command", but power.${action} is not set`);
    }
    case "none":
      throw notConfigured(action, 'power.driver is "none"');
  }
}

function notConfigured(action: PowerAction, why: string): PowerError {
  return new PowerError(
    "not-configured",
    `Cannot ${action} the host: ${why}; the host's administrator can change that in the configuration`,
  );
}

function quoted(command: readonly string[]): string {
  return JSON.stringify(command.join(" "));
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of stream) {
    if (text.length < outputBytesMax) text += decoder.decode(chunk, { stream: true });
  }
  return text.trim().split("\n")[0] ?? "";
}
