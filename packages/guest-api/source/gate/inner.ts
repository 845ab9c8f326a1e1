// The HTTP server of one connection. It listens for a moment, under a name that nobody else can reach and that is gone when the connection is made. To make one
// takes half a millisecond; what it saves is a guess at who asks.
import { unlinkSync } from "node:fs";
import { join } from "node:path";
import type { Requester } from "../answers/requester.ts";
import { isUpgrade } from "../answers/upgrade.ts";
import { EventSocket } from "../events/event-socket.ts";
import { Outlet } from "./outlet.ts";
import type { GateSettings } from "./settings.ts";

export interface InnerOptions {
  directory: string;
  gate: GateSettings;
  requester: Requester;
  answer: (request: Request) => Promise<Response>;
  onData: (chunk: Uint8Array) => void;
  /** The server takes more. */
  onDrain: () => void;
  onEnd: () => void;
}

export interface Inner {
  write(chunk: Uint8Array): boolean;
  pause(): void;
  resume(): void;
  /** What it has said is still read, up to its end. */
  finish(): void;
  close(): void;
}

let count = 0;
/** The types know the option for TCP alone, though it is heeded on a Unix socket as well; hence the wide type. */
const neverIdle: object = { idleTimeout: 0 };

export async function openInner(options: InnerOptions): Promise<Inner> {
  const path = join(options.directory, `${process.pid}-${++count}`);
  const server = serve(path, options);
  let outlet: Outlet | undefined;
  try {
    const socket = await Bun.connect({
      unix: path,
      socket: {
        data: (_socket, chunk) => options.onData(chunk),
        drain: () => {
          if (outlet?.drain() === true) options.onDrain();
        },
        close: () => options.onEnd(),
        error: (broken) => broken.terminate(),
      },
    });
    const toServer = new Outlet(socket);
    outlet = toServer;
    return {
      write: (chunk) => toServer.write(chunk),
      pause: () => socket.pause(),
      resume: () => socket.resume(),
      finish: () => void server.stop(true),
      close: () => {
        socket.terminate();
        void server.stop(true);
      },
    };
  } catch (error) {
    void server.stop(true);
    throw error;
  } finally {
    unlinkSync(path);
  }
}

function serve(path: string, { gate, requester, answer }: InnerOptions): Bun.Server<EventSocket> {
  const { guest, onFailure } = gate.options;
  return Bun.serve<EventSocket>({
    unix: path,
    ...neverIdle,
    // The answers have a limit of their own, and say so.
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    async fetch(request, server) {
      const response = await answer(request);
      if (!isUpgrade(response)) return response;
      // No protocol is agreed on, whatever was offered.
      request.headers.delete("sec-websocket-protocol");
      const data = new EventSocket({ events: guest.events, types: response.types, pingMs: gate.limits.pingMs });
      if (!server.upgrade(request, { data })) return response;
      requester.becomeWebSocket();
      return undefined;
    },
    websocket: {
      data: new EventSocket({ events: guest.events, types: new Set(), pingMs: gate.limits.pingMs }),
      idleTimeout: 0,
      sendPings: false,
      perMessageDeflate: false,
      open: (socket) => socket.data.open(socket),
      pong: (socket) => socket.data.pong(),
      drain: (socket) => socket.data.drain(),
      close: (socket) => socket.data.close(),
      message: (socket) => socket.terminate(),
    },
    error(error) {
      onFailure(error);
      return new Response("internal server error\n", { status: 500 });
    },
  });
}
