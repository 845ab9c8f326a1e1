import { read } from "node:fs";
import { promisify } from "node:util";
import { ArchiveError } from "@host-service/archive";

const readDescriptor = promisify(read);

/** A part of a file. The limits were checked by who found the part. */
export async function readBytes(
  fd: number,
  part: { name: string; offset: number; bytes: number },
): Promise<Uint8Array> {
  const contents = new Uint8Array(part.bytes);
  let done = 0;
  while (done < part.bytes) {
    const { bytesRead } = await readDescriptor(fd, contents, done, part.bytes - done, part.offset + done);
    if (bytesRead === 0) throw new ArchiveError("truncated", `Cannot read ${part.name}: the file ends within it`);
    done += bytesRead;
  }
  return contents;
}

/** config.yaml as text: all of it, as its digest is of the text. */
export async function readText(fd: number, part: { offset: number; bytes: number }): Promise<string> {
  const contents = await readBytes(fd, { ...part, name: "config.yaml" });
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(contents);
  } catch (error) {
    throw new ArchiveError("config", "Cannot read config.yaml: it is not UTF-8 text", { cause: error });
  }
}
