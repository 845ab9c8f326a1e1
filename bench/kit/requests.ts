const request = "GET /v1/ping HTTP/1.1\r\nHost: x\r\n\r\n";
const durationMs = 1000;

/** Each connection asks again when it has its answer; the client is one thread. */
export async function requestsPerSecond(socket: string, connections: number): Promise<number> {
  let answers = 0;
  const started = performance.now();
  const end = started + durationMs;
  await Promise.all(Array.from({ length: connections }, () => ask(socket, end, () => (answers += 1))));
  return (answers * 1000) / (performance.now() - started);
}

function ask(socket: string, end: number, answered: () => void): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  Bun.connect({
    unix: socket,
    socket: {
      open: (connection) => void connection.write(request),
      // An answer to a ping fits one piece.
      data(connection, bytes) {
        if (!bytes.toString("latin1", 0, 12).startsWith("HTTP/1.1 200")) {
          reject(new Error(`Cannot measure requests: got "${bytes.toString("latin1", 0, 40)}"`));
          connection.end();
        } else if (performance.now() < end) {
          answered();
          connection.write(request);
        } else connection.end();
      },
      close: () => resolve(),
      error: (_, error) => reject(error),
    },
  }).catch(reject);
  return promise;
}
