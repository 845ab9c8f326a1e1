import { closeSync, writeSync } from "node:fs";
import { pipe } from "@host-service/disk";
import { codeOf } from "../system-error.ts";

/** The one byte that the job waits for before it changes the slot. */
export interface Permission {
  /** The end that the job reads. */
  readonly fd: number;
  grant(): void;
  /** The job has a copy of `fd`, or will never be. */
  handedOver(): void;
  /** What was not granted never is; a job that still waits ends. */
  withdraw(): void;
}

export function makePermission(): Permission {
  const { read, write } = pipe();
  let isWithdrawn = false;
  return {
    fd: read,
    grant() {
      // The number may be another file's by now.
      if (isWithdrawn) return;
      try {
        writeSync(write, Uint8Array.of(1));
      } catch (error) {
        // The job has gone, and says so itself.
        if (codeOf(error) !== "EPIPE") throw error;
      }
    },
    handedOver: () => closeSync(read),
    withdraw() {
      isWithdrawn = true;
      closeSync(write);
    },
  };
}
