export { createClient } from "./client.ts";
export type { AnswerOf, CallOptions, Client, DocumentRoute } from "./client.ts";
export { connectionError } from "./connection.ts";
export { ClientError } from "./error.ts";
export type { ClientErrorKind } from "./error.ts";
export type { Connection } from "./exchange.ts";
export type { BodyInstall, InstallOptions, SourcesInstall } from "./install.ts";
export { checkLocalFile } from "./local-file.ts";
export type { LocalFile } from "./local-file.ts";
