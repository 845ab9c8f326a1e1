// Descriptors that travel over a connected Unix socket (unix(7), cmsg(3)). The layouts are those of 64-bit Linux, the same on
// x86-64 and arm64.
import { DiskError, errorOfErrno } from "./disk-error.ts";
import {
  EAGAIN,
  MSG_CMSG_CLOEXEC,
  MSG_CTRUNC,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  POLLERR,
  POLLHUP,
  SCM_RIGHTS,
  SO_PEERCRED,
  SOL_SOCKET,
} from "./linux.ts";
import { attempt, invoke, structureAddress, structureView, value } from "./system-call.ts";

// struct msghdr (56 bytes), then the struct iovec that it points to, then the one byte of the message.
const iovecAt = 64;
const byteAt = 80;
// struct cmsghdr of linux/socket.h: length (64 bits), level and type (32 bits each); descriptors of 32 bits follow.
const headerBytes = 16;
const descriptorBytes = 4;
const descriptorsMax = 253; // SCM_MAX_FD of net/scm.h: no message has more
const control = new DataView(value.bytes.buffer, value.bytes.byteOffset, value.bytes.byteLength);

export interface Received {
  /** Closed on exec; they are the caller's to close. */
  descriptors: number[];
  /** True where the kernel kept some back (no room in our table, or a security module). */
  isTruncated: boolean;
}

/** Sends one byte and these descriptors with it. Never waits: a fresh connection has room for it. */
export function sendDescriptors(socketFd: number, descriptors: readonly number[]): void {
  const bytes = headerBytes + descriptors.length * descriptorBytes;
  control.setBigUint64(0, BigInt(bytes), true);
  control.setInt32(8, SOL_SOCKET, true);
  control.setInt32(12, SCM_RIGHTS, true);
  for (const [index, fd] of descriptors.entries()) control.setInt32(headerBytes + index * descriptorBytes, fd, true);
  // The kernel reads whole words; a message without descriptors has no control block.
  putMessage(descriptors.length === 0 ? 0 : Math.ceil(bytes / 8) * 8);
  invoke("sendmsg", undefined, socketFd, structureAddress, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/** The descriptors of the first byte that waits; undefined where none does, or the other side has gone. Never waits. */
export function receiveDescriptors(socketFd: number): Received | undefined {
  putMessage(headerBytes + descriptorsMax * descriptorBytes);
  const answer = attempt("recvmsg", socketFd, structureAddress, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (answer === 0 || answer === -EAGAIN) return undefined;
  if (answer < 0) throw errorOfErrno(-answer, "recvmsg");
  const controlBytes = Number(structureView.getBigUint64(40, true));
  const isTruncated = (structureView.getInt32(48, true) & MSG_CTRUNC) !== 0;
  return { descriptors: controlBytes < headerBytes ? [] : descriptorsIn(), isTruncated };
}

function descriptorsIn(): number[] {
  if (control.getInt32(8, true) !== SOL_SOCKET || control.getInt32(12, true) !== SCM_RIGHTS) {
    const why = "a control message came that nobody asked for";
    throw new DiskError({ kind: "system-call", code: "EBADMSG", call: "recvmsg", why });
  }
  const count = (Number(control.getBigUint64(0, true)) - headerBytes) / descriptorBytes;
  return Array.from({ length: count }, (_, index) => control.getInt32(headerBytes + index * descriptorBytes, true));
}

function putMessage(controlBytes: number): void {
  // name and namelen, iov and iovlen, control and controllen, flags: seven 64-bit words.
  const words = [
    0,
    0,
    structureAddress + iovecAt,
    1,
    controlBytes === 0 ? 0 : value.address,
    controlBytes,
    0,
    0,
    structureAddress + byteAt,
    1,
  ];
  for (const [index, word] of words.entries()) structureView.setBigUint64(index * 8, BigInt(word), true);
}

export interface PeerCredentials {
  pid: number;
  uid: number;
  gid: number;
}

/** Who connected, as the kernel knows it; ids of another namespace are seen from ours. */
export function peerCredentials(socketFd: number): PeerCredentials {
  // struct ucred of linux/socket.h: three ints; behind it the length that the call wants.
  structureView.setUint32(16, 12, true);
  invoke("getsockopt", undefined, socketFd, SOL_SOCKET, SO_PEERCRED, structureAddress, structureAddress + 16);
  const view = structureView;
  return { pid: view.getInt32(0, true), uid: view.getUint32(4, true), gid: view.getUint32(8, true) };
}

/** True when the other side has closed the connection, whatever it left to be read. */
export function hasPeerLeft(socketFd: number): boolean {
  // struct pollfd (fd 32 bits, events and revents 16 each), then a timespec of zero: look, do not wait.
  structureView.setInt32(0, socketFd, true);
  structureView.setInt32(4, 0, true);
  structureView.setBigInt64(8, 0n, true);
  structureView.setBigInt64(16, 0n, true);
  invoke("ppoll", undefined, structureAddress, 1, structureAddress + 8, 0, 0);
  return (structureView.getInt16(6, true) & (POLLHUP | POLLERR)) !== 0;
}
