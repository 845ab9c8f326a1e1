import { errorOfErrno } from "./disk-error.ts";
import { AF_UNIX, EAGAIN, MSG_DONTWAIT, MSG_NOSIGNAL, SOCK_CLOEXEC, SOCK_DGRAM } from "./linux.ts";
import { attempt, invoke, structureAddress, structureView, value } from "./system-call.ts";

const nameBytesMax = 107; // sun_path of linux/un.h is 108 bytes, with the final NUL

/**
 * Tells the service manager, as sd_notify(3) does: `READY=1`, `WATCHDOG=1`, `STATUS=…`, a line each. False when nobody
 * asked to be told ($NOTIFY_SOCKET), or when the manager's queue is full, so that a slow manager never holds us.
 */
export function notifySystemd(state: string, socketName = process.env["NOTIFY_SOCKET"]): boolean {
  if (socketName === undefined || !/^[/@]./.test(socketName)) return false;
  const message = Buffer.from(state);
  value.bytes.set(message);
  const addressBytes = putAddress(Buffer.from(socketName));
  const fd = invoke("socket", socketName, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const flags = MSG_NOSIGNAL | MSG_DONTWAIT;
  const answer = attempt("sendto", fd, value.address, message.byteLength, flags, structureAddress, addressBytes);
  invoke("close", undefined, fd);
  if (answer >= 0) return true;
  if (answer === -EAGAIN) return false;
  throw errorOfErrno(-answer, "sendto", socketName);
}

// struct sockaddr_un of linux/un.h: family (16 bits), then the name; answers its length. An abstract name begins with
// a NUL (written as "@") and has none at its end, a path has one (unix(7)).
function putAddress(name: Buffer): number {
  if (name.byteLength > nameBytesMax) throw errorOfErrno(36 /* ENAMETOOLONG */, "sendto", name);
  const isAbstract = name[0] === 0x40;
  structureView.setUint16(0, AF_UNIX, true);
  for (const [index, byte] of name.entries()) structureView.setUint8(2 + index, byte);
  if (isAbstract) structureView.setUint8(2, 0);
  else structureView.setUint8(2 + name.byteLength, 0);
  return 2 + name.byteLength + (isAbstract ? 0 : 1);
}
