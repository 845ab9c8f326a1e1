import { expect, test } from "bun:test";
import { anything, assert, constantFrom, property, string } from "fast-check";
import { imageIdOf } from "../source/manifest.ts";
import { formatRecord, nextRecord, parseRecord } from "../source/record.ts";
import type { BootRecord } from "../source/record.ts";
import { digestOf, images, statesFrom, subject } from "./kit/states.ts";

const at = new Date("2026-01-02T03:04:05.000Z");

test("parseRecord reads what formatRecord wrote, for every state in both slots", () => {
  for (const state of [...statesFrom("a"), ...statesFrom("b")]) {
    const record: BootRecord = { format: 1, bootId: "boot-1", state };
    expect(parseRecord(formatRecord(record))).toEqual({ kind: "record", record });
  }
});

test("parseRecord answers for whatever lies in the file", () => {
  const kinds = new Set<string>();
  assert(
    property(string(), anything(), constantFrom(0, 1, 2, 1.5, "1", null), (text, value, format) => {
      const member = JSON.stringify({ format, state: value }) ?? "";
      for (const input of [text, JSON.stringify(value) ?? "", member]) kinds.add(parseRecord(input).kind);
    }),
  );
  expect([...kinds].toSorted((left, right) => left.localeCompare(right))).toEqual(["later-format", "unreadable"]);
});

test("parseRecord says what makes no sense", () => {
  const problems: Record<string, string> = {
    "": "Cannot read the record: JSON Parse error: Unexpected EOF",
    '{"format":1,"bootId":"b"}': 'Cannot read the record: the key "state" is missing',
    '{"format":0,"bootId":"b","state":{"name":"empty"}}': 'Cannot read the record: "format" has to be 1, got 0',
    '{"format":1,"bootId":"b","state":{"name":"normal"}}': 'Cannot read the record: the key "state.active" is missing',
  };
  for (const [text, problem] of Object.entries(problems)) {
    expect(parseRecord(text)).toEqual({ kind: "unreadable", problem });
  }
});

test("parseRecord leaves a later format to a later version", () => {
  expect(parseRecord('{"format":7}')).toEqual({ kind: "later-format", format: 7 });
});

test("nextRecord keeps unknown members and the last outcome, and describes a new one", () => {
  const outcome = { result: "failed" as const, why: "before", at: at.toISOString() };
  const record = { format: 1 as const, bootId: "boot-1", state: { name: "empty" as const }, outcome, colour: "blue" };
  const context = { bootId: "boot-2", now: at, subject: subject() };
  const active = { slot: "a" as const, imageId: images["1.0.0"] };
  const state = { name: "normal" as const, active };
  const quiet: unknown = nextRecord(record, { state }, context);
  expect(quiet).toEqual({ ...record, bootId: "boot-2", state });
  const ending = { result: "committed" as const, reference: active, why: "asked" };
  const loud: unknown = nextRecord(record, { state, ending }, context);
  expect(loud).toEqual({
    ...record,
    bootId: "boot-2",
    state,
    outcome: { result: "committed", imageId: active.imageId, version: "1.0.0", why: "asked", at: at.toISOString() },
  });
});

test("imageIdOf depends on every part, and on nothing else", () => {
  const digests = { config: digestOf("c"), rootfs: digestOf("d") };
  const ids = [
    imageIdOf(digests),
    imageIdOf({ ...digests, meta: digestOf("e") }),
    imageIdOf({ ...digests, config: digestOf("e") }),
    imageIdOf({ ...digests, rootfs: digestOf("e") }),
  ];
  expect(new Set(ids).size).toBe(4);
  expect(imageIdOf({ ...digests })).toBe(ids[0] ?? "");
  for (const id of ids) expect(id).toMatch(/^sha256:[0-9a-f]{64}$/);
});
