// What was done to the containers, a line each. The daemon is the only writer; the file is bounded by dropping its older half.
import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { realDisk, replaceFile } from "@host-service/disk";
import { HistoryEntry } from "@host-service/protocol";
import { parse } from "@host-service/schema";

const answeredMax = 200;

export class History {
  readonly #path: string;
  readonly #bytesMax: number;
  #lastWrite: Promise<void> = Promise.resolve();

  constructor(options: { stateDirectory: string; bytesMax: number }) {
    this.#path = join(options.stateDirectory, "history.ndjson");
    this.#bytesMax = options.bytesMax;
  }

  /** Appends one entry after all earlier ones. A line that a power cut tore is passed over by the reader. */
  async append(entry: HistoryEntry): Promise<void> {
    const write = this.#lastWrite.then(() => this.#write(`${JSON.stringify(entry)}\n`));
    this.#lastWrite = write.catch(() => undefined);
    await write;
  }

  /** The newest entries of one container, newest last. */
  async of(container: string): Promise<HistoryEntry[]> {
    const entries = linesOf(await this.#read()).flatMap(entryOf);
    return entries.filter((entry) => entry.container === container).slice(-answeredMax);
  }

  async #write(line: string): Promise<void> {
    const text = await this.#read();
    const lines = linesOf(text);
    const bytes = lines.reduce((sum, earlier) => sum + Buffer.byteLength(earlier) + 1, 0);
    if (bytes + Buffer.byteLength(line) <= this.#bytesMax) {
      // A line that was torn must not tear the next one as well.
      const separator = text === "" || text.endsWith("\n") ? "" : "\n";
      await appendFile(this.#path, separator + line, { mode: 0o600, flush: true });
      return;
    }
    const kept = lines.slice(Math.ceil(lines.length / 2)).map((earlier) => `${earlier}\n`);
    await replaceFile(realDisk, this.#path, [...kept, line].join(""), { mode: 0o600 });
  }

  async #read(): Promise<string> {
    try {
      return await readFile(this.#path, "utf8");
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
      throw error;
    }
  }
}

function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

function entryOf(line: string): HistoryEntry[] {
  try {
    return [parse(HistoryEntry, JSON.parse(line), { subject: "a line of the history" })];
  } catch {
    // Torn by a power cut, or written by a later version: the rest of the history is still good.
    return [];
  }
}
