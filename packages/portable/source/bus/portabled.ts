// What we ask of systemd-portabled, with its answers as values. Never with an empty list of prefixes, which it takes for "every unit of the image".
import { array, custom, parse, record, string, tuple } from "@host-service/schema";
import type { GenericSchema, InferOutput } from "@host-service/schema";
import { PortableError } from "../error.ts";
import type { Bus } from "./bus.ts";

const attachTimeMaxMs = 60_000;
const readTimeMaxMs = 15_000;

export type Prefixes = readonly [string, ...string[]];

export interface Attachment {
  /** The real path of the image. */
  image: string;
  prefixes: Prefixes;
  profile: string;
}

export interface ImageMetadata {
  osRelease: string;
  /** Each unit's text by its name. */
  units: ReadonlyMap<string, string>;
}

/** What portabled did to the host's files: kind, path, source. */
interface Change {
  kind: string;
  path: string;
  source: string;
}

export interface Portabled {
  profiles(): Promise<string[]>;
  metadata(image: string, prefixes: Prefixes): Promise<ImageMetadata>;
  /** Nothing of an attachment of ours survives a reboot. With `force` over what is there already. */
  attach(attachment: Attachment, options?: { force: boolean }): Promise<Change[]>;
  reattach(attachment: Attachment): Promise<Change[]>;
  detach(image: string): Promise<Change[]>;
}

const flagRuntime = 1n;
const flagForce = 2n;

const bytes = custom<Uint8Array>((value) => value instanceof Uint8Array, "has to be bytes");
const changes = array(tuple([string(), string(), string()]));

export interface PortabledLimits {
  attachTimeMs?: number;
  readTimeMs?: number;
}

export function openPortabled(bus: Bus, limits: PortabledLimits = {}): Portabled {
  const call = (member: string, signature: string, body: readonly unknown[], timeoutMs: number) =>
    bus.call({ ...manager, member, signature, body }, timeoutMs);
  const changing = (member: string, signature: string, body: readonly unknown[]) =>
    call(member, signature, body, limits.attachTimeMs ?? attachTimeMaxMs);
  const reading = limits.readTimeMs ?? readTimeMaxMs;
  return {
    async profiles() {
      const asked = { ...manager, interface: "org.freedesktop.DBus.Properties", member: "Get", signature: "ss" };
      const [value] = await bus.call({ ...asked, body: [manager.interface, "Profiles"] }, reading);
      const list: unknown = typeof value === "object" && value !== null ? Reflect.get(value, "value") : undefined;
      return answer("Profiles", array(string()), list);
    },
    async metadata(image, prefixes) {
      const [, osRelease, units] = await call("GetImageMetadata", "sas", [image, [...prefixes]], reading);
      const texts = answer("GetImageMetadata", record(string(), bytes), units);
      return {
        osRelease: text(answer("GetImageMetadata", bytes, osRelease)),
        units: new Map(Object.entries(texts).map(([name, content]) => [name, text(content)])),
      };
    },
    async attach({ image, prefixes, profile }, { force } = { force: false }) {
      const flags = force ? flagRuntime | flagForce : flagRuntime;
      const body = [image, [], [...prefixes], profile, "", flags];
      const [done] = await changing("AttachImageWithExtensions", "sasassst", body);
      return changesOf("AttachImageWithExtensions", done);
    },
    async reattach({ image, prefixes, profile }) {
      const body = [image, [], [...prefixes], profile, "", flagRuntime];
      const [removed, updated] = await changing("ReattachImageWithExtensions", "sasassst", body);
      const all = [removed, updated].flatMap((done) => changesOf("ReattachImageWithExtensions", done));
      return all;
    },
    async detach(image) {
      const [done] = await changing("DetachImageWithExtensions", "sast", [image, [], flagRuntime]);
      return changesOf("DetachImageWithExtensions", done);
    },
  };
}

const manager = {
  destination: "org.freedesktop.portable1",
  path: "/org/freedesktop/portable1",
  interface: "org.freedesktop.portable1.Manager",
};

function changesOf(member: string, value: unknown): Change[] {
  return answer(member, changes, value).map(([kind, path, source]) => ({ kind, path, source }));
}

function answer<const Schema extends GenericSchema>(
  member: string,
  schema: Schema,
  value: unknown,
): InferOutput<Schema> {
  try {
    return parse(schema, value, { subject: `the answer to ${member}` });
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new PortableError("reply", `${words}; is this a systemd of 252 or later`, { cause: error });
  }
}

function text(content: Uint8Array): string {
  return new TextDecoder().decode(content);
}
