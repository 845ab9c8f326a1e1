// Descriptors as plain numbers: the runtime's FileHandle closes its descriptor, and throws, when it is
// collected while something else still uses the number.
import { type BigIntStats, close, constants, fstat, fsync, open, read } from "node:fs";
import { promisify } from "node:util";
import { O_CLOEXEC } from "@host-service/disk";

const readOnly = constants.O_RDONLY | constants.O_NOFOLLOW | O_CLOEXEC;
const newFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;

/** Where something lies in a file. */
export interface FilePart {
  readonly offset: number;
  readonly bytes: number;
}

const openFile = promisify(open);
const readDescriptor = promisify(read);
export const closeDescriptor = promisify(close);
export const syncDescriptor = promisify(fsync);

export function openToRead(path: string): Promise<number> {
  return openFile(path, readOnly);
}

/** A FIFO does not wait for its writer, and a device not for its carrier. */
export function openWithoutWaiting(path: string): Promise<number> {
  return openFile(path, readOnly | constants.O_NONBLOCK);
}

export function createToWrite(path: string): Promise<number> {
  return openFile(path, newFile | constants.O_NOFOLLOW | O_CLOEXEC, 0o600);
}

export function describeDescriptor(fd: number): Promise<BigIntStats> {
  const { promise, resolve, reject } = Promise.withResolvers<BigIntStats>();
  fstat(fd, { bigint: true }, (error, status) => {
    if (error) reject(error);
    else resolve(status);
  });
  return promise;
}

/** What the file has stays. Not with O_APPEND: the runtime takes room from the beginning of a file, and would then write behind that. */
export function openToWrite(path: string): Promise<number> {
  return openFile(path, constants.O_WRONLY | constants.O_NOFOLLOW | O_CLOEXEC);
}

/** For small parts: they are held in memory. */
export async function readPart(fd: number, { offset, bytes }: FilePart): Promise<Uint8Array> {
  const contents = new Uint8Array(bytes);
  let done = 0;
  while (done < bytes) {
    const { bytesRead } = await readDescriptor(fd, contents, done, bytes - done, offset + done);
    if (bytesRead === 0) throw new Error(`the inbox file ended after ${offset + done} of ${offset + bytes} bytes`);
    done += bytesRead;
  }
  return contents;
}
