import { closeSync, mkdtempSync, openSync, constants, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { looseObject, parse, string } from "@host-service/schema";
import type { ArchiveFormat } from "../decode/recognise.ts";
import { findXz } from "../decode/xz-program.ts";
import { ArchiveError } from "../error.ts";
import { type Child, type Ending, startChild, unexplained } from "./child.ts";

export type XzChoice = "system" | "built-in" | "auto";

export interface Decoder {
  readonly child: Child;
  /** undefined when the whole input was decoded and its checks fit. */
  readonly failure: (ending: Ending) => ArchiveError | undefined;
}

const mebibyte = 1024 * 1024;
const memoryBytesDefault = 512 * mebibyte;

export interface DecoderOptions {
  readonly program: readonly string[];
  readonly format: Exclude<ArchiveFormat, "tar">;
  readonly xz: XzChoice;
  readonly input: number | "pipe";
  readonly output: number | "pipe";
  /** Of the system's xz; it also bounds how many threads it may take. A dictionary that needs more is refused. */
  readonly memoryBytesMax?: number | undefined;
  /** Refuse a second gzip member or zstd frame, and whatever else is behind the first. xz data is not looked at for it. */
  readonly isSingle?: boolean;
}

/** Starts the system's xz, or this program; between two descriptors no byte comes by the daemon. */
export function startDecoder(options: DecoderOptions): Decoder {
  const { program, format, input, output, memoryBytesMax = memoryBytesDefault } = options;
  const xz = format === "tar.xz" ? systemXz(options.xz) : undefined;
  if (xz !== undefined) {
    const flags = ["--decompress", "--stdout", "--threads=0", `--memlimit-decompress=${memoryBytesMax}`];
    const child = startChild({ command: [...program, "job", "xz", xz, ...flags], input, output });
    return { child, failure: (ending) => systemFailure(ending, memoryBytesMax) };
  }
  const empty = openEmptyDirectory();
  try {
    const command = [...program, "job", "decode", format, ...(options.isSingle === true ? ["single"] : [])];
    return { child: startChild({ command, input, output, descriptors: [empty] }), failure: builtInFailure };
  } finally {
    closeSync(empty);
  }
}

function systemXz(choice: XzChoice): string | undefined {
  const xz = choice === "built-in" ? undefined : findXz();
  if (xz === undefined && choice === "system") {
    throw new ArchiveError("failed", "Cannot unpack the archive: there is no xz on this host; install xz-utils");
  }
  return xz;
}

/** A root for a process that needs no files: a directory that is gone already, in which nothing can be made. */
function openEmptyDirectory(): number {
  const path = mkdtempSync(join(tmpdir(), "host-service-"));
  try {
    return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } finally {
    rmdirSync(path);
  }
}

/** xz has one exit code for everything; what went wrong is only in its text, which LC_ALL=C keeps as it is. */
function systemFailure(ending: Ending, memoryBytesMax: number): ArchiveError | undefined {
  if (ending.exitCode === 0) return undefined;
  if (ending.signal !== null) return unexplained("xz", ending);
  const last = ending.errors.trim().split("\n").at(-1) ?? "";
  // It did not come to xz.
  if (last.startsWith("{")) return builtInFailure(ending);
  const said = last.replace(/^.*?: (\(stdin\): )?/u, "");
  if (/unexpected end of input/iu.test(said)) {
    return new ArchiveError("truncated", `Cannot decode the archive: its xz data is cut off (${said}); fetch it again`);
  }
  if (/memory usage limit|memory is required/iu.test(said)) {
    return new ArchiveError(
      "too-large",
      `Cannot decode the archive: xz would need more than ${Math.floor(memoryBytesMax / mebibyte)} MiB of memory for it`,
    );
  }
  if (/corrupt|not recognized|unsupported/iu.test(said)) {
    return new ArchiveError("corrupt", `Cannot decode the archive: its xz data is damaged (${said}); fetch it again`);
  }
  return unexplained("xz", ending);
}

const decodeFailure = looseObject({ kind: string(), message: string() });

function builtInFailure(ending: Ending): ArchiveError | undefined {
  if (ending.exitCode === 0) return undefined;
  const last = ending.errors.trim().split("\n").at(-1) ?? "";
  if (!last.startsWith("{")) return unexplained("the decoder", ending);
  const { kind, message } = parse(decodeFailure, JSON.parse(last), { subject: "the decoder's last line" });
  if (kind === "memory") return new ArchiveError("too-large", message);
  return new ArchiveError(kind === "corrupt" || kind === "truncated" ? kind : "failed", message);
}
