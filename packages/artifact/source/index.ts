export { ArtifactError } from "./error.ts";
export type { ArtifactErrorKind } from "./error.ts";
export type { ByteSource, PayloadSink } from "./streams.ts";
