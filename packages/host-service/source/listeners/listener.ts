// One socket that belongs to one principal, and beside it the one for files that are handed over.
import { answerUnknown, listenerRoutes } from "../http/dispatch.ts";
import { problemResponse } from "../http/problem-response.ts";
import type { CallContext } from "../http/call.ts";
import { problem } from "@host-service/protocol";
import { listenForFiles } from "./peer.ts";
import type { Principal } from "./principal.ts";
import { publishSocket } from "./publish.ts";

export interface Listener {
  path: string;
  principal: Principal;
  /**
   * Takes no new connections, lets requests in flight finish, and ends those whose clients do not read. The socket stays, stale, since its owner and mode are what
   * the next daemon's gets: they hold until the host reboots.
   */
  stop(): Promise<void>;
}

/** For the last answers; by now every operation has ended. A client that does not read would hold the daemon for ever. */
const farewellTimeMs = 2000;

export async function listen(
  path: string,
  options: { principal: Principal; owner?: number | undefined; nursery: string; context: CallContext },
): Promise<Listener> {
  let server: Bun.Server<undefined> | undefined;
  const { principal, owner, nursery, context } = options;
  const { handOvers, log } = context;
  const peer = await listenForFiles(`${path}.peer`, { principal, owner, nursery, handOvers, log });
  try {
    await publishSocket(path, {
      mode: 0o600,
      owner,
      nursery,
      bind: (born) => {
        server = serve(born, options);
      },
    });
  } catch (error) {
    peer.stop();
    throw error;
  }
  return {
    path,
    principal,
    stop: async () => {
      peer.stop();
      if (server !== undefined) await stopServer(server);
    },
  };
}

async function stopServer(server: Bun.Server<undefined>): Promise<void> {
  const timer = setTimeout(() => void server.stop(true), farewellTimeMs);
  try {
    await server.stop();
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Ours are the stall timer of the inbox and the heartbeat of event streams, and Bun's ten seconds would end both. Its types
 * know the option for TCP alone, though it is heeded on a Unix socket as well; hence the wide type.
 */
const neverIdle: object = { idleTimeout: 0 };

function serve(path: string, options: { principal: Principal; context: CallContext }): Bun.Server<undefined> {
  return Bun.serve({
    unix: path,
    ...neverIdle,
    // Bun's own limit ends a chunked body without a word; the inbox has the limit that is configured.
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    routes: listenerRoutes(options.principal, options.context),
    fetch: answerUnknown,
    error(error) {
      options.context.log.error("A request failed outside of every call", { error: error.stack ?? error.message });
      return problemResponse(problem("failed", "Cannot answer: the daemon failed; its log says why"));
    },
  });
}
