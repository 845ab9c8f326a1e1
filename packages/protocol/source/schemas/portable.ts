import {
  array,
  boolean,
  maxLength,
  minLength,
  object,
  optional,
  picklist,
  pipe,
  regex,
  strictObject,
  string,
} from "@host-service/schema";
import type { InferOutput } from "@host-service/schema";
import { ContainerStatus } from "./container.ts";
import { Source } from "./source.ts";

/** Of a portable service: what its units and its images begin with. */
export const PortableName = pipe(
  string(),
  regex(
    /^[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/,
    "a portable service's name has 1 to 63 letters, digits and hyphens, begins with a letter and does not end with a hyphen",
  ),
);

const word = pipe(string(), maxLength(255, "has at most 255 characters"));

/** `signature` is minisign's, over the whole file. Without `prefixes` the units are those that begin with the service's name. */
export const PortableRequest = strictObject({
  image: Source,
  signature: optional(Source),
  sha256: optional(pipe(string(), regex(/^[0-9a-f]{64}$/, "a sha-256 digest has 64 hexadecimal digits in lower case"))),
  profile: optional(word),
  prefixes: optional(pipe(array(word), minLength(1, "has to name a prefix"), maxLength(16, "has at most 16 prefixes"))),
});
export type PortableRequest = InferOutput<typeof PortableRequest>;

/** One thing that was found in an image. "unchecked": nobody has looked, which is not the same as that all is well. */
export const PortableFinding = object({
  check: string(),
  result: picklist(["refused", "warning", "unchecked"]),
  /** In the image. */
  path: optional(string()),
  text: string(),
});
export type PortableFinding = InferOutput<typeof PortableFinding>;

export const PortableInspection = object({
  name: string(),
  kind: picklist(["directory", "raw"]),
  /** What the image calls itself, in its os-release. */
  title: optional(string()),
  id: optional(string()),
  version: optional(string()),
  profile: string(),
  prefixes: array(string()),
  units: array(
    object({
      name: string(),
      kind: picklist(["unit", "template", "instance"]),
      description: optional(string()),
      /** Whether it is started with the service: it has an [Install] section. */
      starts: boolean(),
    }),
  ),
  findings: array(PortableFinding),
  /** Whether it would be attached. */
  isFit: boolean(),
  operation: string(),
});
export type PortableInspection = InferOutput<typeof PortableInspection>;

/** A portable service's A/B state, in the shape of a container's, and what is attached of it. */
export const PortableStatus = object({
  ...ContainerStatus.entries,
  attached: optional(
    object({
      /** Its name in the slot; the path of an image that host-service did not attach. */
      image: string(),
      slot: optional(picklist(["a", "b"])),
      profile: optional(string()),
      units: array(string()),
    }),
  ),
  /** Which listener attached it: "host", or a container's name. */
  owner: optional(string()),
});
export type PortableStatus = InferOutput<typeof PortableStatus>;

export const PortableList = object({ services: array(PortableStatus) });
export type PortableList = InferOutput<typeof PortableList>;

export const PortableAnswer = object({ service: PortableStatus, warnings: array(string()), operation: string() });
export type PortableAnswer = InferOutput<typeof PortableAnswer>;
