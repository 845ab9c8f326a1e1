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
  readonly report: (phase: ReceiveProgress["phase"], bytes: number, bytesTotal?: number) => void;
}

export interface ReceptionOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: ReceiveProgress) => void) | undefined;
}

const reportIntervalMs = 200;

export function startReception(
  inbox: Pick<Reception, "directory" | "program" | "limits">,
  name: string,
  { signal, onProgress }: ReceptionOptions,
): Reception {
  return { ...inbox, action: `receive ${called(name)}`, signal, report: reporter(onProgress) };
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
