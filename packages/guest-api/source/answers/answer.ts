// The three kinds of answers. Bodies are bare: a wrapper would break cloud-init.
import { toJson } from "./json.ts";

const nosniff = { "x-content-type-options": "nosniff" };
const text = { "content-type": "text/plain; charset=utf-8" };

export function json(value: unknown): Response {
  return new Response(`${toJson(value)}\n`, { headers: { "content-type": "application/json" } });
}

/** The exact bytes, nothing added. */
export function raw(value: string): Response {
  return new Response(value, { headers: { "content-type": "application/octet-stream" } });
}

export function error(status: number, message: string, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(`${message}\n`, { status, headers: { ...text, ...nosniff, ...headers } });
}

/** Images alone answer errors in a wrapper, and with one newline more. */
export function imageError(message: string): Response {
  const body = {
    type: "error",
    status: "",
    status_code: 0,
    operation: "",
    error_code: 404,
    error: message,
    metadata: null,
  };
  return new Response(`${toJson(body)}\n\n`, {
    status: 404,
    headers: { "content-type": "application/json", ...nosniff },
  });
}

/** To what is no HTTP, as far as the runtime lets it come here. */
export function badRequest(): Response {
  return new Response("400 Bad Request", { status: 400, headers: { ...text, connection: "close" } });
}

export const notAuthorized = (): Response => error(403, "not authorized");
export const notFound = (): Response => error(404, "not found");
export const pageNotFound = (): Response => error(404, "404 page not found");
