// Whether a request for events becomes a WebSocket: only `Upgrade: websocket` in lower case does.
import { error } from "./answer.ts";

/** The handshake is the HTTP server's; where that refuses it after all, this is the answer. */
export interface Upgrade extends Response {
  types: ReadonlySet<string>;
}

export function isUpgrade(response: Response): response is Upgrade {
  return "types" in response;
}

export function asksForUpgrade(request: Request): boolean {
  return request.headers.get("upgrade") === "websocket";
}

export function upgrade(request: Request, types: ReadonlySet<string>): Response {
  const { headers, method } = request;
  if (method !== "GET") return refused(405, "Method Not Allowed");
  const connection =
    headers
      .get("connection")
      ?.toLowerCase()
      .split(",")
      .map((word) => word.trim()) ?? [];
  const isRight =
    connection.includes("upgrade") && headers.get("sec-websocket-version") === "13" && headers.get("sec-websocket-key");
  if (!isRight) return refused(400, "Bad Request");
  return Object.assign(refused(400, "Bad Request"), { types });
}

function refused(status: number, message: string): Response {
  return error(status, `${message}\ninternal server error`, { "sec-websocket-version": "13" });
}
