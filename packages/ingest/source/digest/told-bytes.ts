/** The numbers that come as lines; of several at once the last one, since each says how far all of them reach. */
export async function* toldBytes(input: ReadableStream<Uint8Array>): AsyncGenerator<number> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of input) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    const last = lines.at(-1);
    if (last === undefined) continue;
    if (!/^\d{1,15}$/.test(last)) throw new Error(`Cannot read how far the file reaches: ${JSON.stringify(last)}`);
    yield Number(last);
  }
}
