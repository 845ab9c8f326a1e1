// The body of a request, bounded. What is not needed is read all the same, and dropped.
import type { Requester } from "./requester.ts";

export const bodyBytesMax = 4 * 1024 * 1024;

/** Undefined where it is too large; the empty text where nobody asked to keep it. Its sender is waited for as long as the connection's limits say. */
export async function bodyOf(
  request: Request,
  { requester, isKept }: { requester: Requester; isKept: boolean },
): Promise<string | undefined> {
  const { body } = request;
  if (body === null) return "";
  return await requester.whileReading(async () => {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of body) {
      bytes += chunk.byteLength;
      if (bytes > bodyBytesMax) return undefined;
      if (isKept) chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString("utf8");
  });
}
