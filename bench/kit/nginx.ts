import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { atEnd } from "./cleanup.ts";
import { findProgram } from "./run.ts";

export interface Nginx {
  readonly socket: string;
  /** What a PUT of /copy writes. */
  readonly file: string;
  end(): void;
}

/** One worker that takes files by PUT and answers /ping; undefined where there is no nginx. */
export async function startNginx(below: string): Promise<Nginx | undefined> {
  const program = findProgram("nginx");
  if (program === undefined) return undefined;
  const directory = path.join(below, "nginx");
  mkdirSync(path.join(directory, "files"), { recursive: true });
  const socket = path.join(directory, "socket");
  const configuration = path.join(directory, "nginx.conf");
  writeFileSync(configuration, text(directory, socket));
  const command = [program, "-p", directory, "-c", configuration, "-g", "daemon off;"];
  const child = Bun.spawn(command, { env: {}, stdio: ["ignore", "ignore", "ignore"] });
  const end = atEnd(() => child.kill("SIGTERM"));
  while (!existsSync(socket)) {
    if (child.exitCode !== null) throw new Error(`Cannot start nginx: exit code ${child.exitCode}`);
    await Bun.sleep(5);
  }
  return { socket, file: path.join(directory, "files/copy"), end };
}

function text(directory: string, socket: string): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return `
${process.geteuid?.() === 0 ? "user root;" : ""}
worker_processes 1;
pid ${directory}/pid;
error_log ${directory}/errors;
events {}
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${directory}/${name};`).join("\n  ")}
  client_max_body_size 0;
  keepalive_requests 100000000;
  server {
    listen unix:${socket};
    root ${directory}/files;
    dav_methods PUT;
    location = /v1/ping { default_type application/json; return 200 '{"ok":true}'; }
  }
}
`;
}
