import { description, maxLength, pipe, strictObject, string, union } from "@host-service/schema";
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
