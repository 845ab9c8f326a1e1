// The events of a guest through `ws`, under Node.js: Bun has a client of that name of its own. Prints a line a message, and the headers of the upgrade first.
import { WebSocket } from "ws";

const [path, count] = process.argv.slice(2);
const socket = new WebSocket(`ws+unix://${path}:/1.0/events?type=config,device`, {
  perMessageDeflate: true,
});
let left = Number(count);
socket.on("upgrade", (response) =>
  console.log(
    JSON.stringify({ upgrade: response.statusCode, extensions: response.headers["sec-websocket-extensions"] ?? null }),
  ),
);
socket.on("ping", (payload) => console.log(JSON.stringify({ ping: payload.toString() })));
socket.on("message", (payload, isBinary) => {
  console.log(JSON.stringify({ isBinary, message: payload.toString() }));
  left -= 1;
  if (left === 0) socket.close(1000);
});
socket.on("close", (code) => console.log(JSON.stringify({ close: code })));
socket.on("error", (error) => console.log(JSON.stringify({ error: error.message })));
