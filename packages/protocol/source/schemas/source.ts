import { description, maxLength, pipe, strictObject, string, union } from "@host-service/schema";
import type { InferOutput } from "@host-service/schema";

/** A config.yaml or a manifest is text of at most this many bytes. */
export const inlineBytesMax = 1024 * 1024;

/** Where the bytes of one part come from. */
export const Source = pipe(
  union([
    pipe(
      strictObject({ path: pipe(string(), maxLength(4096, "a path has at most 4096 characters")) }),
      description("An absolute path; on the host listener only"),
    ),
    pipe(
      strictObject({ token: pipe(string(), maxLength(128, "it has at most 128 characters")) }),
      description("A descriptor handed over on the peer socket"),
    ),
    pipe(
      strictObject({ upload: pipe(string(), maxLength(128, "it has at most 128 characters")) }),
      description("A finished resumable upload"),
    ),
    pipe(
      strictObject({
        inline: pipe(string(), maxLength(inlineBytesMax, `a text has at most ${inlineBytesMax} characters`)),
      }),
      description("The text itself"),
    ),
  ]),
  description("Where the bytes of one part come from"),
);
export type Source = InferOutput<typeof Source>;
