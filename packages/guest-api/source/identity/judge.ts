// Whether a caller may be answered. The socket says whose data it is, the kernel says who connected to it; both have to agree, at each request anew, since a
// process may have ended and a container stopped meanwhile.
import { hasProcessEnded } from "@host-service/disk";
import { descendsFrom, processNamespace, rootUid } from "./processes.ts";

/** Taken from the connection when it was accepted. */
export interface Peer {
  pid: number;
  uid: number;
  /** A descriptor of that process; undefined where it had ended by then. */
  processFd: number | undefined;
}

/** Who belongs to a container. */
export type Membership =
  /** Its processes are started by the host's own units, and nobody knows which they are: the host's root (who runs the daemon), at this container's socket. */
  | { kind: "host-root" }
  /** The first process of the container, by its number on the host; undefined while it does not run. */
  | { kind: "init"; find: () => number | undefined };

export type Refusal = { status: 500 | 401; message: string };

const outside: Refusal = { status: 500, message: "pid not in container?" };
const notRoot: Refusal = { status: 401, message: "Access denied for non-root user" };

/** Undefined for who is welcome. */
export function refusalOf(peer: Peer, membership: Membership): Refusal | undefined {
  // Not visible in our own namespace: the kernel has no number for it.
  if (peer.pid <= 0) return outside;
  if (hasEnded(peer)) return ended(peer);
  const refusal =
    membership.kind === "host-root" ? checkRoot(peer, process.geteuid?.()) : checkMember(peer, membership.find());
  // What was read belongs to the process that connected only if that is still there.
  return hasEnded(peer) ? ended(peer) : refusal;
}

function checkMember(peer: Peer, init: number | undefined): Refusal | undefined {
  if (init === undefined || !isMember(peer.pid, init)) return outside;
  return checkRoot(peer, rootUid(init));
}

function isMember(pid: number, init: number): boolean {
  const home = processNamespace(init);
  if (home === undefined) return false;
  // A process that was started from outside has no ancestor inside. A container that shares the host's namespace has only descendants.
  return (home !== processNamespace(process.pid) && home === processNamespace(pid)) || descendsFrom(pid, init);
}

function checkRoot(peer: Peer, root: number | undefined): Refusal | undefined {
  return peer.uid === root ? undefined : notRoot;
}

function hasEnded({ processFd }: Peer): boolean {
  return processFd === undefined || hasProcessEnded(processFd);
}

function ended({ pid }: Peer): Refusal {
  return { status: 500, message: `open /proc/${pid}/cmdline: no such file or directory` };
}
