import type { InstallOptions, InstallProgress } from "../installer.ts";
import type { ReadBackMessage, WriteMessage } from "./messages.ts";

/** What a caller sees of two jobs: first what is read until the payload begins, then what is written, then what the reading back still lacks. */
export function progressOf(onProgress: InstallOptions["onProgress"], sourceBytes: number | undefined) {
  let phase: InstallProgress["phase"] = "receive";
  let payloadBytes: number | undefined;
  const tell = (bytes: number, bytesTotal: number | undefined): void =>
    onProgress(bytesTotal === undefined ? { phase, bytes } : { phase, bytes, bytesTotal });
  return {
    write(message: WriteMessage): void {
      if (message.type === "begin") {
        phase = "write";
        payloadBytes = message.bytes;
        tell(0, payloadBytes);
      } else if (message.type === "progress" && phase === "receive") {
        tell(message.bytesRead, sourceBytes);
      } else if (message.type === "progress" && phase === "write") {
        tell(message.bytesWritten, payloadBytes);
        if (message.bytesWritten === payloadBytes) phase = "verify";
      }
    },
    readBack(message: ReadBackMessage): void {
      if (message.type === "progress" && phase === "verify") tell(message.bytes, payloadBytes);
    },
  };
}
