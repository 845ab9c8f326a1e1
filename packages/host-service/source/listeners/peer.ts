// The socket beside a listener's, on which a caller hands over an open file (SCM_RIGHTS) and gets a token for it: `{"token":…}` or
// `{"problem":…}`, one line. The file is to be sent right after connecting, with one byte. Nothing is ever read here: the runtime's own
// read would drop the descriptor.
import { peerCredentials } from "@host-service/disk";
import { problem } from "@host-service/protocol";
import type { HandOvers } from "../hand-overs/hand-overs.ts";
import type { Log } from "../log.ts";
import { ownerOf } from "./principal.ts";
import type { Principal } from "./principal.ts";
import { publishSocket } from "./publish.ts";

export interface PeerSocket {
  /** Ends every connection, and with it what waits in it. */
  stop(): void;
}

export interface PeerOptions {
  principal: Principal;
  /** The user, and the group, that may connect; who runs this where it is left out. */
  owner: number | undefined;
  nursery: string;
  handOvers: HandOvers;
  log: Log;
}

type Socket = Bun.Socket<{ token?: string }>;

export async function listenForFiles(path: string, options: PeerOptions): Promise<PeerSocket> {
  let server: Bun.UnixSocketListener<{ token?: string }> | undefined;
  await publishSocket(path, {
    mode: 0o600,
    owner: options.owner,
    nursery: options.nursery,
    bind: (born) => {
      server = serve(born, options);
    },
  });
  return { stop: () => server?.stop(true) };
}

function serve(path: string, { principal, handOvers, log }: PeerOptions): Bun.UnixSocketListener<{ token?: string }> {
  const owner = ownerOf(principal);
  let isCrowded = false;
  return Bun.listen<{ token?: string }>({
    unix: path,
    socket: {
      open(socket) {
        socket.pause();
        const fd = descriptorOf(socket);
        const token = handOvers.offer(owner, { fd, end: () => void socket.end() });
        if (token === undefined) {
          // Once, or a caller could fill the log.
          if (!isCrowded) log.warn("Too many handed-over files wait", { owner, ...peerCredentials(fd) });
          socket.data = {};
          const why = "too many files that were handed over wait to be used; use them or close their connections";
          socket.end(`${JSON.stringify({ problem: problem("busy", `Cannot take the file: ${why}`) })}\n`);
        } else {
          socket.data = { token };
          socket.write(`${JSON.stringify({ token })}\n`);
        }
        isCrowded = token === undefined;
      },
      close({ data }) {
        if (data.token !== undefined) handOvers.forget(data.token);
      },
      data: (socket) => void socket.end(),
      error(socket, error) {
        log.warn("A connection that hands over a file failed", { owner, why: error.message });
        socket.end();
      },
    },
  });
}

/** The types do not know it. */
function descriptorOf(socket: Socket): number {
  if ("fd" in socket && typeof socket.fd === "number" && socket.fd >= 0) return socket.fd;
  throw new Error("Cannot take a file: the runtime does not tell the descriptor of its socket");
}
