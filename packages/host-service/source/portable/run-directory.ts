import { join } from "node:path";

/** Where the hook notes which image of each portable service this boot runs; apart from the containers, which may have the same names. */
export function portableRunDirectory(runDirectory: string): string {
  return join(runDirectory, ".portable");
}
