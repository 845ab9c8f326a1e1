import { closeSync } from "node:fs";
import { pipe } from "@host-service/disk";
import { ArtifactError } from "@host-service/artifact";
import type { UpgradeSource } from "../installer.ts";
import { codeOf } from "../system-error.ts";
import type { WriteRequest } from "./messages.ts";

/** What the job gets as its standard input. */
export interface JobInput {
  readonly fd: number;
  readonly source: WriteRequest["source"];
  /** To be called once the job has its own copy of the descriptor. */
  started(onFailure: (error: unknown) => void): void;
}

/** So that neither side waits for the other at each small piece. */
const pipeBytes = 1024 * 1024;

export function inputOf(source: UpgradeSource): JobInput {
  switch (source.kind) {
    case "file":
      return { fd: source.fd, source: { kind: "file", bytes: source.bytes }, started: () => {} };
    case "handed-over":
      return { fd: source.connection, source: { kind: "handed-over" }, started: () => {} };
    case "body":
      return bodyInput(source);
  }
}

/**
 * The runtime moves the body into the pipe, no faster than the job takes it: no byte comes by our JavaScript, and of the body no more
 * than the pipe and a buffer of the socket are in memory.
 */
function bodyInput({ body, bytesExpected }: Extract<UpgradeSource, { kind: "body" }>): JobInput {
  const ends = pipe({ bytes: pipeBytes });
  const feed = async (): Promise<void> => {
    // The descriptor is the runtime's until it settles, which after an interruption is when the request is answered.
    try {
      const bytes = await Bun.write(Bun.file(ends.write), new Response(body));
      if (bytesExpected !== undefined && bytes < bytesExpected) throw endsEarly(bytes, bytesExpected);
    } catch (error) {
      // The job reads no more, and says itself why. And of an empty body the runtime makes an empty file, which a pipe cannot be made.
      if (codeOf(error) !== "EPIPE" && !isTruncation(error)) throw error;
    }
  };
  return {
    fd: ends.read,
    source: { kind: "stream", ...(bytesExpected === undefined ? {} : { bytes: bytesExpected }) },
    started(onFailure) {
      closeSync(ends.read);
      feed().then(
        () => closeSync(ends.write),
        (error: unknown) => {
          // First the reason: at the end of the pipe the job would say that the file is too short.
          onFailure(error instanceof ArtifactError ? error : leftMidway(error));
          closeSync(ends.write);
        },
      );
    },
  };
}

function isTruncation(error: unknown): boolean {
  return codeOf(error) === "EINVAL" && error instanceof Error && "syscall" in error && error.syscall === "ftruncate";
}

function endsEarly(bytes: number, bytesExpected: number): ArtifactError {
  const why = `only ${bytes} of ${bytesExpected} bytes came; send it again`;
  return new ArtifactError("truncated", `Cannot read the upgrade file: ${why}`);
}

function leftMidway(cause: unknown): ArtifactError {
  const why = "the sender went away before all of it had come; send it again";
  return new ArtifactError("truncated", `Cannot read the upgrade file: ${why}`, { cause });
}
