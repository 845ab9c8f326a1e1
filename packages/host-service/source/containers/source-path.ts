import { isAbsolute } from "node:path";
import type { Source } from "@host-service/protocol";
import { RequestError } from "../problems/request-error.ts";

/** What a path is for, and what a caller who may not name one does instead. */
export interface PathUse {
  name: string;
  mayNamePaths: boolean;
  instead: string;
}

/** The path of a source, where its caller may name one and it is nothing else. */
export function pathOf(source: Exclude<Source, { inline: string }>, options: PathUse): string {
  if (!("path" in source)) {
    const kind = "token" in source ? "a handed-over descriptor" : "a resumable upload";
    throw new RequestError(
      "not-supported",
      `Cannot receive ${options.name}: this version does not take ${kind}; ${options.instead}`,
    );
  }
  if (!options.mayNamePaths) {
    throw new RequestError(
      "not-allowed",
      `Cannot receive ${options.name}: a path means something else on the host than where the caller is; ${options.instead}`,
    );
  }
  if (!isAbsolute(source.path)) {
    throw new RequestError(
      "invalid-request",
      `Cannot receive ${options.name}: the path has to be absolute, got ${JSON.stringify(source.path)}`,
    );
  }
  return source.path;
}
