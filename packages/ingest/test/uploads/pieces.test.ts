import { expect, test } from "bun:test";
import { closeSync, openSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { IngestError } from "../../source/index.ts";
import { contentLength } from "../../source/receive/content-length.ts";
import { appendBody } from "../../source/uploads/append-body.ts";
import { startReception } from "../../source/reception.ts";
import { limits, pattern, programOf, sha256, until, Workshop } from "../workshop.ts";

/** A server that appends each body to one file, a moment after it began: by then a small body has arrived as a whole. */
function startAppender(workshop: Workshop, path: string) {
  const inbox = { directory: workshop.path("."), program: programOf("job"), limits };
  return Bun.serve({
    unix: workshop.path("s"),
    ...({ idleTimeout: 0 } as object),
    async fetch(request) {
      const reception = startReception(inbox, "piece", {});
      const marker = workshop.path("arrived");
      await until(() => readFileSync(marker, "utf8") === request.headers.get("x-piece"), "its sender has sent it");
      if (request.body === null) throw new IngestError("append", { kind: "empty" });
      const { arrived, durable } = await appendBody(request, {
        path,
        offset: statSync(path).size,
        bytes: contentLength(request),
        bytesMax: Number.MAX_SAFE_INTEGER,
        reception,
        digest: undefined,
        checkpoint: () => Promise.resolve(),
      });
      await arrived;
      return Response.json({ bytes: await durable });
    },
  });
}

test("appendBody writes every piece once, also one that has arrived before it looks", async () => {
  using workshop = new Workshop();
  const path = workshop.path("whole");
  closeSync(openSync(path, "w"));
  const server = startAppender(workshop, path);
  const parts: Uint8Array[] = [];
  try {
    for (let piece = 0; piece < 60; piece += 1) {
      const part = pattern(1 + ((piece * 37_813) % 900_000)).slice();
      part[0] = piece;
      parts.push(part);
      writeFileSync(workshop.path("arrived"), "");
      const answer = fetch("http://h/", {
        unix: workshop.path("s"),
        method: "PATCH",
        body: part,
        headers: { "x-piece": String(piece) },
      });
      writeFileSync(workshop.path("arrived"), String(piece));
      const { bytes } = (await (await answer).json()) as { bytes: number };
      expect(bytes).toBe(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
    }
    expect(sha256(readFileSync(path))).toBe(sha256(Buffer.concat(parts)));
  } finally {
    await server.stop(true);
  }
}, 60_000);
