import { description, maxLength, object, pipe, regex, strictObject, string, union } from "@host-service/schema";
import type { InferOutput } from "@host-service/schema";

/** A config.yaml or a manifest is text of at most this many bytes. */
export const inlineBytesMax = 1024 * 1024;

/** Where the bytes of one part come from. */
export const Source = pipe(
  union([
    pipe(
      strictObject({ path: pipe(string(), maxLength(4096)) }),
      description("An absolute path; on the host listener only"),
    ),
    pipe(
      strictObject({ token: pipe(string(), maxLength(128)) }),
      description("A descriptor handed over on the peer socket"),
    ),
    pipe(strictObject({ upload: pipe(string(), maxLength(128)) }), description("A finished resumable upload")),
    pipe(strictObject({ inline: pipe(string(), maxLength(inlineBytesMax)) }), description("The text itself")),
  ]),
  description("Where the bytes of one part come from"),
);
export type Source = InferOutput<typeof Source>;

/** RFC 4122 text form; the client may choose the id of its operation. */
export const OperationId = pipe(
  string(),
  regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, "an operation id is a UUID in lower case"),
);

/** Refers to a container in a path: a name, or "~" for the caller's own (on the host listener: the only one). */
export const ContainerName = pipe(
  string(),
  regex(
    /^(~|[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)$/,
    "a container's name has 1 to 63 letters, digits and hyphens, begins with a letter and does not end with a hyphen",
  ),
);

export const Empty = object({});
