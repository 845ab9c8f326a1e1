import { afterEach, beforeEach, expect, test } from "bun:test";
import { appendFile, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HistoryEntry } from "@host-service/protocol";
import { History } from "../source/history.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "history-"));
});
afterEach(() => rm(directory, { recursive: true }));

function entry(operation: string, container = "edge"): HistoryEntry {
  return { operation, at: "2026-01-01T00:00:00.000Z", container, action: "install", caller: "host", result: "done" };
}

test("of gives the entries of one container, newest last", async () => {
  const history = new History({ stateDirectory: directory, bytesMax: 10_000 });
  await Promise.all([history.append(entry("1")), history.append(entry("2", "other")), history.append(entry("3"))]);
  expect(await history.of("edge")).toEqual([entry("1"), entry("3")]);
});

test("append drops the older half when the file is full", async () => {
  const history = new History({ stateDirectory: directory, bytesMax: 1000 });
  for (let count = 0; count < 50; count++) await history.append(entry(String(count)));
  expect((await stat(join(directory, "history.ndjson"))).size).toBeLessThanOrEqual(1000);
  const kept = await history.of("edge");
  expect(kept.at(-1)).toEqual(entry("49"));
  expect(kept.length).toBeGreaterThan(3);
});

test("of passes over a line that a power cut tore", async () => {
  const history = new History({ stateDirectory: directory, bytesMax: 10_000 });
  await history.append(entry("1"));
  await appendFile(join(directory, "history.ndjson"), '{"operation":"2","at":');
  expect(await history.of("edge")).toEqual([entry("1")]);
  await history.append(entry("3"));
  expect(await history.of("edge")).toEqual([entry("1"), entry("3")]);
});
