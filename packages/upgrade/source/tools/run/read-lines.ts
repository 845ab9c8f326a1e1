const lineCharactersMax = 16_384;

export interface LineReader {
  /** Resolves at the end of the stream, or once it was stopped. */
  readonly ended: Promise<void>;
  /** Reads no further, whoever still holds the other end. */
  stop(): void;
}

/**
 * Whole lines, each as it comes; a carriage return ends one as well, as progress bars have them. A longer one than 16,384 characters
 * is cut. `onBytes` hears of every piece, also of one that ends no line.
 */
export function readLines(
  stream: ReadableStream<Uint8Array>,
  { onLine, onBytes }: { onLine: (line: string) => void; onBytes: () => void },
): LineReader {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  const take = (text: string) => {
    const lines = text.split(/[\r\n]/u);
    const last = lines.pop() ?? "";
    for (const [index, line] of lines.entries()) onLine((index === 0 ? rest + line : line).slice(0, lineCharactersMax));
    rest = ((lines.length === 0 ? rest : "") + last).slice(0, lineCharactersMax);
  };
  const ended = (async () => {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      onBytes();
      take(decoder.decode(read.value, { stream: true }));
    }
    if (rest !== "") onLine(rest);
  })();
  return { ended, stop: () => void reader.cancel() };
}
