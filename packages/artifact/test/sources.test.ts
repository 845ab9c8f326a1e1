import { buildArtifact, hostileArtifacts } from "@host-service/fixtures";
import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { descriptorSource, streamSource } from "../source/sources.ts";
import type { ByteSource } from "../source/streams.ts";
import { attempt, keys } from "./kit/reading.ts";

setDefaultTimeout(60_000);

async function verdict(source: ByteSource) {
  const { report, error, sink } = await attempt(source);
  return { report, kind: error?.kind, message: error?.message, written: Bun.hash(sink.bytes) };
}

test("M53 a file and the body of a request give the same verdict", async () => {
  const directory = await mkdtemp(join(tmpdir(), "artifact-sources-"));
  const large = buildArtifact(keys, { image: new Uint8Array(700_000).fill(3) });
  const rows = hostileArtifacts.filter(({ assertion }) => ["M10", "M14", "M16", "M17"].includes(assertion));
  let body: Uint8Array = large;
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response(new Uint8Array(body)) });
  try {
    for (const bytes of [large, ...rows.map((row) => row.build(keys))]) {
      body = bytes;
      await Bun.write(join(directory, "file"), bytes);
      const file = await open(join(directory, "file"), "r");
      try {
        const fromFile = await verdict(descriptorSource(file.fd));
        const response = await fetch(server.url);
        const fromBody = await verdict(
          streamSource(response.body ?? new ReadableStream({ start: (to) => to.close() })),
        );
        expect(fromBody).toEqual(fromFile);
        expect(fromFile.report === undefined).toBe(bytes !== large);
      } finally {
        await file.close();
      }
    }
  } finally {
    await server.stop(true);
    await rm(directory, { recursive: true, force: true });
  }
});
