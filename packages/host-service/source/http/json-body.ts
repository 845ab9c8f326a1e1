// The JSON body of a request: bounded in bytes and in time, checked by its schema.
import { parse } from "@host-service/schema";
import type { GenericSchema, InferOutput } from "@host-service/schema";
import { inlineBytesMax } from "@host-service/protocol";
import { RequestError } from "../problems/request-error.ts";

/** Two inline texts of the largest size, with every byte escaped, and the rest of an install. */
const bodyBytesMax = 4 * inlineBytesMax;
const bodyTimeMaxMs = 30_000;

/** An absent body counts as `{}`, so that `curl -X POST` works. */
export async function readJson<const Schema extends GenericSchema>(
  request: Request,
  schema: Schema,
  options: { isSecret?: () => boolean } = {},
): Promise<InferOutput<Schema>> {
  const text = await readText(request);
  let value: unknown;
  try {
    value = text.trim() === "" ? {} : JSON.parse(text);
  } catch {
    throw new RequestError("invalid-request", "Cannot read the request: its body is not JSON");
  }
  // The schemas of objects let an array pass, as JavaScript does.
  if (Array.isArray(value))
    throw new RequestError("invalid-request", "Cannot read the request: it has to be an object");
  return parse(schema, value, { subject: "the request", ...options });
}

async function readText(request: Request): Promise<string> {
  if (request.body === null) return "";
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(
      new RequestError("stalled", `Cannot read the request: its body took longer than ${bodyTimeMaxMs / 1000} s`),
    );
  }, bodyTimeMaxMs);
  try {
    return await Promise.race([collect(request.body), late.promise]);
  } catch (error) {
    if (error instanceof RequestError) throw error;
    // Nothing but the connection can fail here: its client has left, and nobody reads the answer.
    throw new RequestError("cancelled", "Cannot read the request: its client left before the body was complete");
  } finally {
    clearTimeout(timer);
  }
}

async function collect(body: ReadableStream<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > bodyBytesMax) {
      throw new RequestError("too-large", `Cannot read the request: a JSON body has at most ${bodyBytesMax} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
