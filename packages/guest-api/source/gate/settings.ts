// What a gate was told, and what each of its connections has to know of it.
import type { Images } from "../answers/images.ts";
import type { Guest } from "../guest.ts";
import type { Membership } from "../identity/judge.ts";
import type { Flavour } from "../model/switches.ts";

export interface GateLimits {
  connectionsMax: number;
  /** From the first byte of a request to the end of its headers. */
  headersMs: number;
  /** Between two bytes of a body. */
  bodyStallMs: number;
  /** Without a request, or without a byte of the answer being taken. */
  idleMs: number;
  /** Of event streams over WebSocket: a third ping without an answer is the last. */
  pingMs: number;
}

export const defaultLimits: GateLimits = {
  connectionsMax: 256,
  headersMs: 10_000,
  bodyStallMs: 30_000,
  idleMs: 120_000,
  pingMs: 10_000,
};

export interface GateOptions {
  guest: Guest;
  flavour: Flavour;
  /** At this moment: another image may have another runtime. */
  membership: () => Membership;
  images: Images;
  /** The host's name, which Incus tells. */
  location: string;
  /** A directory that nobody but us can enter. */
  privateDirectory: string;
  limits?: Partial<GateLimits>;
  /** What nobody foresaw. No value of the configuration is in it. */
  onFailure: (error: unknown) => void;
}

export interface GateSettings {
  readonly options: GateOptions;
  readonly limits: GateLimits;
}
