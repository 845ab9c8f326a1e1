// Imports as little as can be: loading node:fs alone would be a seventh of the time of the whole process.
import { defaultSocketPath } from "./arguments/socket-path.ts";

interface Ping {
  socketPath: string;
  quiet: boolean;
}

/** Equal to the path and the exit code in the protocol package, which is not loaded here; a test compares them. */
export const pingPath = "/v1/ping";
export const noConnection = 3;
const deviceVariable = "HOST_SERVICE_DEVICE";

/** The ping that the arguments ask for; undefined when they ask for more than the short way knows. */
export function shortPing(argv: readonly string[], environment: Record<string, string | undefined>): Ping | undefined {
  let socketPath: string | undefined;
  let quiet = false;
  let isPing = false;
  // A device is reached by the long way.
  if ((environment[deviceVariable] ?? "") !== "") return undefined;
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index];
    if (word === "ping" && !isPing) isPing = true;
    else if (word === "-q" || word === "--quiet") quiet = true;
    else if (word === "-s" || word === "--socket-path") {
      const value = argv[++index];
      if (value === undefined || value === "" || value.startsWith("-") || socketPath !== undefined) return undefined;
      socketPath = value;
    } else return undefined;
  }
  return isPing ? { socketPath: socketPath ?? defaultSocketPath(environment), quiet } : undefined;
}

/** The exit code; undefined when host-service answered something that has to be read, which the long way does. */
export async function pingShortly(ping: Ping): Promise<number | undefined> {
  try {
    const response = await fetch(`http://host-service${pingPath}`, {
      unix: ping.socketPath,
      redirect: "manual",
      decompress: false,
    });
    if (!response.ok) return undefined;
  } catch (error) {
    const { connectionError } = await import("@host-service/client/connection");
    print((await connectionError(ping.socketPath, error)).message);
    return noConnection;
  }
  if (!ping.quiet) print("OK");
  return 0;
}

function print(line: string): void {
  // oxlint-disable-next-line no-console -- the only way to print that loads nothing; it is silent where nobody reads
  console.log(line);
}
