import { quotePath } from "./error.ts";
import type { InboxLimits } from "./limits.ts";

export interface ReceiveProgress {
  readonly phase: "receive" | "verify";
  readonly bytes: number;
  readonly bytesTotal?: number;
}

/** What every step of one reception knows. */
export interface Reception {
  /** Completes "Cannot …" in errors. */
  readonly action: string;
  readonly directory: string;
  readonly program: readonly string[];
  readonly limits: InboxLimits;
  readonly signal: AbortSignal | undefined;
  readonly onJobKilled: ReceptionOptions["onJobKilled"];
  readonly report: (phase: ReceiveProgress["phase"], bytes: number, bytesTotal?: number) => void;
}

export interface ReceptionOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: ReceiveProgress) => void) | undefined;
  /** A job was killed, and `ended` settles when it is gone: one that waits for a file system goes only when that answers. */
  readonly onJobKilled?: ((ended: Promise<unknown>) => void) | undefined;
}

const reportIntervalMs = 200;

export function startReception(
  inbox: Pick<Reception, "directory" | "program" | "limits">,
  name: string,
  { signal, onProgress, onJobKilled }: ReceptionOptions,
): Reception {
  return { ...inbox, action: `receive ${called(name)}`, signal, onJobKilled, report: reporter(onProgress) };
}

/** Words stand as they are, a file's name in quotes. */
function called(name: string): string {
  return name.startsWith("the ") ? name : quotePath(name);
}

/** At most five reports a second, but the end of a phase is always told. */
function reporter(onProgress: ReceptionOptions["onProgress"]): Reception["report"] {
  let nextMs = 0;
  let told = "";
  return (phase, bytes, bytesTotal) => {
    const nowMs = performance.now();
    const news = `${phase} ${bytes}`;
    if (onProgress === undefined || news === told) return;
    if (nowMs < nextMs && bytes !== bytesTotal) return;
    nextMs = nowMs + reportIntervalMs;
    told = news;
    onProgress({ phase, bytes, ...(bytesTotal === undefined ? {} : { bytesTotal }) });
  };
}
