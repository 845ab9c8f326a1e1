/** Limits on everything that the daemon answers; a client trusts it no more than it has to. */
export const limits = {
  /** One JSON document. The largest are the history and the list of containers. */
  answerBytesMax: 16 * 1024 * 1024,
  /** One line of an event stream. */
  eventBytesMax: 1024 * 1024,
} as const;

/** The body as text, or undefined when it is longer than `bytesMax`; the rest is then not read. */
export async function readLimited(response: Response, bytesMax: number): Promise<string | undefined> {
  if (response.body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.byteLength;
    if (bytes > bytesMax) return undefined;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
