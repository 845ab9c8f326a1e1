// The only place that knows consola in the daemon, which is loaded where a person reads: under systemd a line is one JSON object,
// and the daemon does not carry consola's 10 MB.
import { printError } from "./print.ts";

type Members = Readonly<Record<string, unknown>>;

export interface Log {
  info(message: string, members?: Members): void;
  warn(message: string, members?: Members): void;
  error(message: string, members?: Members): void;
}

type Write = (level: keyof Log, message: string, members: Members) => void;

/** systemd sets JOURNAL_STREAM where standard error goes to the journal (systemd.exec(5)); HOST_SERVICE_LOG=json asks for the same. */
export async function createLog(environment: Readonly<Record<string, string | undefined>> = process.env): Promise<Log> {
  const isJson = environment["JOURNAL_STREAM"] !== undefined || environment["HOST_SERVICE_LOG"] === "json";
  const write = isJson ? writeJson : await writeForPerson();
  return {
    info: (message, members = {}) => write("info", message, members),
    warn: (message, members = {}) => write("warn", message, members),
    error: (message, members = {}) => write("error", message, members),
  };
}

function writeJson(level: keyof Log, message: string, members: Members): void {
  printError(JSON.stringify({ time: new Date().toISOString(), level, message, ...members }));
}

async function writeForPerson(): Promise<Write> {
  const { createConsola } = await import("consola");
  const consola = createConsola({ level: 3, throttle: 0, stdout: process.stderr, stderr: process.stderr });
  return (level, message, members) => {
    const tail = Object.entries(members).map(([key, value]) => ` ${key}=${JSON.stringify(value)}`);
    consola[level](`${message}${tail.join("")}`);
  };
}
