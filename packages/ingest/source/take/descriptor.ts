import { fstatSync } from "node:fs";
import { describeOpening, receiveDescriptors } from "@host-service/disk";
import { describeType } from "../file-type.ts";

/** Why what was handed over is not taken; a clause of the message that a person reads. */
class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code = refusalCode;
}

/** What the parent sees in the place of an errno. */
export const refusalCode = "REFUSED";

/** The one open, regular, readable file that waits in the connection. It is never opened again: that would be with our own rights. */
export function takeDescriptor(connection: number): number {
  const received = receiveDescriptors(connection);
  if (received === undefined) throw new Refusal("nothing was handed over");
  const { descriptors, isTruncated } = received;
  if (isTruncated) throw new Refusal("the kernel kept a part of the message back");
  const [fd] = descriptors;
  if (fd === undefined) throw new Refusal("the message brought no descriptor");
  if (descriptors.length > 1) throw new Refusal(`${descriptors.length} descriptors came at once`);
  checkOpening(fd);
  return fd;
}

function checkOpening(fd: number): void {
  const { isPath, isReadable, seals } = describeOpening(fd);
  // First of all: fstat calls such a one a regular file as well.
  if (isPath) throw new Refusal("it is a mere path (O_PATH), not an open file");
  const status = fstatSync(fd);
  if (!status.isFile()) throw new Refusal(`it is ${describeType(status)}`);
  if (!isReadable) throw new Refusal("it is open for writing alone");
  // A memfd, or a file of a tmpfs that has lost its name: memory that nobody but its owner sees.
  const isMemory = seals !== undefined && status.nlink === 0;
  if (isMemory && !(seals.shrink && seals.write)) {
    throw new Refusal("it is memory that can still change (F_SEAL_SHRINK and F_SEAL_WRITE are not set)");
  }
}
