// Loads nothing but the error class: `hostctl ping` uses it, and there every millisecond counts.
import { stat } from "node:fs/promises";
import { ClientError } from "./error.ts";

export { ClientError } from "./error.ts";

/** The authority of the URL means nothing on a Unix socket, but HTTP wants one. */
export const urlBase = "http://host-service";

/** Says why there is no connection, and what to do. `error` is what `fetch` threw; its code is the name of the errno. */
export async function connectionError(socketPath: string, error: unknown): Promise<ClientError> {
  const code = codeOf(error);
  const reason = code === "ECONNREFUSED" ? await whyRefused(socketPath) : reasons[code];
  const message =
    reason === undefined
      ? `Cannot reach host-service at "${socketPath}": ${error instanceof Error ? error.message : String(error)}`
      : `Cannot reach host-service at "${socketPath}": ${reason}`;
  return new ClientError("no-connection", message, { cause: error });
}

const elsewhere = "give the right path with --socket-path or $HOST_SERVICE_SOCKET";

const reasons: Record<string, string> = {
  ENOENT: `there is no such socket; start host-service, or ${elsewhere}`,
  ENOTDIR: `there is no such socket; ${elsewhere}`,
  EACCES: "permission denied; call it as root, or let the socket's owner open it for you",
  EPERM: "permission denied; call it as root, or let the socket's owner open it for you",
  ENAMETOOLONG: `the path is too long for a socket (107 bytes at most); ${elsewhere}`,
  ELOOP: `too many symbolic links; ${elsewhere}`,
  ECONNRESET: "the connection was lost before the answer came; ask again what the state is now",
  EPIPE: "the connection was lost before the answer came; ask again what the state is now",
  ConnectionClosed: "the connection was lost before the answer came; ask again what the state is now",
};

/** The kernel refuses a connection to a socket that nobody listens on, and to anything that is no socket. */
async function whyRefused(socketPath: string): Promise<string> {
  const found = await stat(socketPath).catch(() => undefined);
  if (found?.isDirectory() === true) return `it is a directory; ${elsewhere}`;
  if (found?.isSocket() === false) return `it is not a socket; ${elsewhere}`;
  return "nobody listens there, the socket is left over from a host-service that ended; start host-service";
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}
