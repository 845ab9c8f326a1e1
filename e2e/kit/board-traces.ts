// All that a refused upgrade has to leave as it was on a board.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, readdir } from "node:fs/promises";
import type { BoardHost } from "./board-host.ts";
import { state } from "./board-host.ts";
import { childrenOf } from "./processes.ts";
import { worked } from "./steps.ts";
import { until } from "./until.ts";

/** What the boot loader, the running system and the next upgrade depend on; digests, but for state and inbox. */
export interface BoardTraces {
  environment: string;
  running: string;
  inactive: string;
  state: unknown;
  inbox: string[];
}

/** Waits until no job of the daemon is left. */
export async function tracesOf(host: BoardHost): Promise<BoardTraces> {
  await until("the daemon's children have ended", async () => (await childrenOf(host.daemonPid)).length === 0);
  worked(await host.hostctl("ping"));
  const record = await readFile(host.seenFromOutside(`${state}/system/record.json`), "utf8");
  return {
    environment: await sha256Of(host.board.device("env")),
    running: await sha256Of(host.board.device("a")),
    inactive: await sha256Of(host.board.device("b")),
    state: (JSON.parse(record) as { state: unknown }).state,
    inbox: await readdir(host.seenFromOutside(`${state}/inbox`)).catch(() => []),
  };
}

export function stateName(traces: BoardTraces): unknown {
  const { state: found } = traces;
  return typeof found === "object" && found !== null && "name" in found ? found.name : undefined;
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk as Uint8Array);
  return hash.digest("hex");
}
