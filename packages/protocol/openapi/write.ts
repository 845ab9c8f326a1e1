// Writes openapi.json beside package.json: run it after a change of the routes or of a schema (`bun openapi/write.ts`),
// and oxfmt after it.
import { openApiDocument } from "./document.ts";

await Bun.write(new URL("../openapi.json", import.meta.url), `${JSON.stringify(openApiDocument(), undefined, 2)}\n`);
