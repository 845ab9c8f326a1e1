export { createClient } from "./client.ts";
export type {
  AnswerOf,
  BodyInstall,
  BodyUpgrade,
  CallOptions,
  Client,
  DocumentRoute,
  PortableImage,
  SourcesInstall,
} from "./client.ts";
export { connectionError } from "./connection.ts";
export { ClientError } from "./error.ts";
export type { ClientErrorKind } from "./error.ts";
export type { Connection } from "./exchange.ts";
export type { InstallOptions } from "./image-call.ts";
export type { Line } from "./line.ts";
export { checkLocalFile } from "./local-file.ts";
export type { LocalFile } from "./local-file.ts";
export type { UploadOptions } from "./upload.ts";
