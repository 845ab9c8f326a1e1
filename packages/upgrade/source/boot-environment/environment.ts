import { UpgradeError } from "../error.ts";

export type Variables = ReadonlyMap<string, string>;

/** The variables that a boot loader and the running system share. Both ways go through the boot loader's own tool. */
export interface Environment {
  /** All variables; one with an empty value counts as absent. Throws UpgradeError. */
  read(): Promise<Variables>;
  /** Ways to write one batch; the next one is for a tool that did not understand the one before. Throw UpgradeError. */
  readonly writes: readonly ((batch: Variables) => Promise<WriteResult>)[];
  /** Throws UpgradeError where it shows, without writing, that no write can work. */
  checkWritable(): void;
}

export interface WriteResult {
  /** The path of the program that wrote. */
  tool: string;
  /** How it ended and its last words, when that was not well. */
  complaint?: string;
  /** What a person can do where it did not work. */
  advice: string;
}

/** Writes a batch, reads it back and compares by `isSame`: a tool that ends well may have done nothing. */
export async function change(
  environment: Environment,
  batch: Variables,
  isSame: (name: string, one: string, other: string) => boolean,
): Promise<void> {
  let failure = "there is no way to write it";
  for (const write of environment.writes) {
    const { tool, complaint, advice } = await write(batch);
    const now = await environment.read();
    const different = [...batch].find(([name, value]) => !isSame(name, now.get(name) ?? "", value));
    if (different === undefined) return;
    const [name, value] = different;
    const reads = JSON.stringify(now.get(name) ?? "");
    const why = complaint ?? `wrote ${JSON.stringify(value)} and ${name} still reads ${reads}`;
    failure = `${JSON.stringify(tool)} ${why}; ${advice}`;
  }
  throw new UpgradeError("boot-environment", `Cannot change the boot environment: ${failure}`);
}

/**
 * The `name=value` lines that all the tools print. A name that stands there twice, with two values, gets both: they are no number, and no
 * value that anything is compared with, so that whoever looks at it refuses it.
 */
export function parseVariables(text: string): Variables {
  const variables = new Map<string, string>();
  for (const line of text.split("\n")) {
    const end = line.indexOf("=");
    const [name, value] = [line.slice(0, end), line.slice(end + 1)];
    if (end <= 0 || value === "") continue;
    const known = variables.get(name);
    variables.set(name, known === undefined || known === value ? value : `${known}\n${value}`);
  }
  return variables;
}
