// The program as its users start it.
import { program } from "./device.ts";

export interface Ran {
  exit: number;
  stdout: string;
  stderr: string;
}

export type Running = Bun.Subprocess<"ignore", "pipe", "pipe">;

export function begin(words: readonly string[], environment: Readonly<Record<string, string>> = {}): Running {
  return Bun.spawn([...program, "host-service", ...words], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env: { PATH: process.env["PATH"] ?? "", ...environment },
  });
}

export async function run(words: readonly string[], environment?: Readonly<Record<string, string>>): Promise<Ran> {
  return await ranOf(begin(words, environment));
}

export async function ranOf(child: Running): Promise<Ran> {
  const [stdout, stderr, exit] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { exit, stdout, stderr };
}

/** A run as a person sees it; `directory` is written as "…", since it is another one each time. */
export function transcript(words: readonly string[], ran: Ran, directory: string): string {
  const shown = ["host-service", ...words].map((word) => (/^[\w./~=:-]+$/.test(word) ? word : JSON.stringify(word)));
  const errors = ran.stderr.replaceAll(/^(?=.)/gm, "stderr: ");
  return `$ ${shown.join(" ")}\n${ran.stdout}${errors}exit ${ran.exit}\n`.replaceAll(directory, "…");
}
