// Open files that callers have handed over and not used yet. Each waits, unread, in its connection: taking one out is the work of a job,
// since a file of a file system that hangs would hold whoever has it. What is kept here is a token for each connection.
import { randomBytes } from "node:crypto";
import { closeSync } from "node:fs";
import { duplicate, hasPeerLeft } from "@host-service/disk";
import { ownerOf } from "../listeners/principal.ts";
import { RequestError } from "../problems/request-error.ts";

export interface HandOverLimits {
  /** At once, of one caller. */
  perOwnerMax: number;
  /** Jobs of one caller that were killed and still wait for its file system (fuse(4)): each is a process. */
  perOwnerHangingMax: number;
  /** At once, of all containers together: the host itself is never crowded out. */
  containersMax: number;
  unusedTimeMaxMs: number;
  /** How often those who left are looked for, while any wait: the runtime does not tell of a paused connection. */
  lookIntervalMs: number;
}

export const handOverLimits: HandOverLimits = {
  perOwnerMax: 32,
  perOwnerHangingMax: 4,
  containersMax: 512,
  unusedTimeMaxMs: 60_000,
  lookIntervalMs: 1000,
};

export interface PeerConnection {
  fd: number;
  end: () => void;
}

interface Waiting extends PeerConnection {
  owner: string;
  endsAt: number;
}

const hostOwner = ownerOf({ kind: "host" });

export class HandOvers {
  readonly #limits: HandOverLimits;
  readonly #waiting = new Map<string, Waiting>();
  #looking: NodeJS.Timeout | undefined;
  readonly #hanging = new Map<string, number>();

  constructor(limits = handOverLimits) {
    this.#limits = limits;
  }

  /** A token that is good for one use by the same owner while the connection lasts; undefined where too many wait already. */
  offer(owner: string, connection: PeerConnection): string | undefined {
    if (this.#isFull(owner)) this.#dropDead();
    if (this.#isFull(owner)) return undefined;
    const token = randomBytes(32).toString("base64url");
    const endsAt = performance.now() + this.#limits.unusedTimeMaxMs;
    this.#waiting.set(token, { ...connection, owner, endsAt });
    this.#looking ??= setInterval(() => this.#dropDead(), this.#limits.lookIntervalMs).unref();
    return token;
  }

  /** The connection has ended. */
  forget(token: string): void {
    this.#waiting.delete(token);
    if (this.#waiting.size > 0) return;
    clearInterval(this.#looking);
    this.#looking = undefined;
  }

  /** Lends the connection to `work`, and ends it afterwards. `name` is what the file is for. */
  async use<Result>(
    { owner, token, name }: { owner: string; token: string; name: string },
    work: (connection: number, options: { onJobKilled: (ended: Promise<unknown>) => void }) => Promise<Result>,
  ): Promise<Result> {
    const waiting = this.#waiting.get(token);
    if (waiting === undefined || waiting.owner !== owner || hasPeerLeft(waiting.fd)) {
      throw new RequestError(
        "source-refused",
        `Cannot receive ${name}: nothing waits under its token, which was used, is another's, or ended with its connection; hand the file over again`,
      );
    }
    if ((this.#hanging.get(owner) ?? 0) >= this.#limits.perOwnerHangingMax) {
      const why = "earlier ones still wait for a file system that does not answer; end what serves it";
      throw new RequestError("busy", `Cannot receive ${name}: ${why}`);
    }
    this.forget(token);
    // Our own number for it: the connection may end, and its number be given to something else, before the job has started.
    const connection = duplicate(waiting.fd);
    try {
      return await work(connection, { onJobKilled: (ended) => this.#countHanging(owner, ended) });
    } finally {
      closeSync(connection);
      waiting.end();
    }
  }

  #countHanging(owner: string, ended: Promise<unknown>): void {
    const count = (by: number) => this.#hanging.set(owner, (this.#hanging.get(owner) ?? 0) + by);
    count(1);
    void ended.finally(() => count(-1));
  }

  #isFull(owner: string): boolean {
    const owners = [...this.#waiting.values()].map((waiting) => waiting.owner);
    if (owners.filter((other) => other === owner).length >= this.#limits.perOwnerMax) return true;
    return owner !== hostOwner && owners.filter((other) => other !== hostOwner).length >= this.#limits.containersMax;
  }

  #dropDead(): void {
    const now = performance.now();
    for (const [token, { fd, endsAt }] of this.#waiting) if (now > endsAt || hasPeerLeft(fd)) this.#drop(token);
  }

  #drop(token: string): void {
    const waiting = this.#waiting.get(token);
    this.forget(token);
    waiting?.end();
  }
}
