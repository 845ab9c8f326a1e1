// What a container on trial wrote to its console, kept in `containers/<name>/trial.log`: a journal in memory is gone with the reboot that
// ends the trial, and then this says why. One writer: the watch of the trial.
import { open, readFile, stat, writeFile } from "node:fs/promises";
import { realDisk, replaceFile } from "@host-service/disk";
import { formatEntry, readJournal, syncJournal } from "@host-service/runtime/units";

export interface TrialLogOptions {
  name: string;
  path: string;
  /** Where the copy goes on, gone with the boot. */
  cursorPath: string;
  bootId: string;
  imageId: string;
  version: string | undefined;
}

const bytesMax = 1024 * 1024;
/** What one round copies; the next one goes on behind it. */
const roundBytesMax = 256 * 1024;
const lastRoundsMax = 4;

export class TrialLog {
  readonly #options: TrialLogOptions;
  #isOpen = false;
  /** Of the last entry that was copied. */
  #cursor: string | undefined;

  constructor(options: TrialLogOptions) {
    this.#options = options;
  }

  /** Copies what has come since the last time, up to an instant. Answers whether there is more. */
  async copy(until?: string): Promise<boolean> {
    await this.#open();
    const lines: string[] = [];
    let bytes = 0;
    for await (const entry of readJournal(this.#options.name, { boot: 0, after: this.#cursor })) {
      if (until !== undefined && entry.at > until) break;
      const line = formatEntry(entry);
      lines.push(line);
      bytes += Buffer.byteLength(line);
      this.#cursor = entry.cursor;
      if (bytes >= roundBytesMax) break;
    }
    if (lines.length === 0) return false;
    await this.#append(lines.join(""));
    await writeFile(this.#options.cursorPath, this.#cursor ?? "", { mode: 0o600 });
    return bytes >= roundBytesMax;
  }

  /** The last of it, and how the trial ended. What came after that is not its own. */
  async end(why: string, at?: string): Promise<void> {
    await syncJournal();
    for (let round = 0; round < lastRoundsMax && (await this.copy(at)); round += 1);
    await this.#append(`-- the trial is over: ${why}\n`);
  }

  /** A trial of another image begins anew; a further boot of the same one, and a daemon that was started again, go on. */
  async #open(): Promise<void> {
    if (this.#isOpen) return;
    const { path, cursorPath } = this.#options;
    const head = headOf(this.#options);
    const text = await textOf(path);
    const last = text.split("\n").findLast((line) => line.startsWith(headMark));
    if (last !== head) {
      const goesOn = last?.startsWith(headOf({ ...this.#options, bootId: "" })) === true;
      await replaceFile(realDisk, path, `${goesOn ? text : ""}${head}\n`, { mode: 0o600 });
    }
    const cursor = await textOf(cursorPath);
    this.#cursor = cursor === "" ? undefined : cursor;
    this.#isOpen = true;
  }

  async #append(text: string): Promise<void> {
    const { path } = this.#options;
    if ((await stat(path)).size + Buffer.byteLength(text) > bytesMax) {
      const kept = await textOf(path);
      const [head = ""] = kept.split("\n", 1);
      const half = kept.slice(Math.floor(kept.length / 2));
      const rest = half.slice(half.indexOf("\n") + 1);
      await replaceFile(realDisk, path, `${head}\n-- the older part was dropped\n${rest}${text}`, { mode: 0o600 });
      return;
    }
    const file = await open(path, "a", 0o600);
    try {
      await file.appendFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
  }
}

const headMark = "-- trial of ";

function headOf({ version, imageId, bootId }: Pick<TrialLogOptions, "version" | "imageId" | "bootId">): string {
  return `${headMark}${version === undefined ? "" : `version ${version}, `}image ${imageId}, in boot ${bootId}`;
}

/** A trial that begins now has nothing to do with what its unit wrote before. */
export async function beginAfterNow(name: string, cursorPath: string): Promise<void> {
  let cursor = "";
  for await (const entry of readJournal(name, { boot: 0, lines: 1 })) cursor = entry.cursor;
  await writeFile(cursorPath, cursor, { mode: 0o600 });
}

/** Whether the journal of this boot has all of what was kept. */
export function isOfBoot(log: string, bootId: string): boolean {
  const heads = log.split("\n").filter((line) => line.startsWith(headMark));
  return heads.length > 0 && heads.every((head) => head.endsWith(`, in boot ${bootId}`));
}

/** Empty where there is none. */
export async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw error;
  }
}
