import { expect, test } from "bun:test";
import { formatState, idInName, isUploadId, parseState, type UploadState } from "../../source/uploads/state.ts";

const digest = "a".repeat(64);
const whole: UploadState = {
  format: 1,
  owner: "container:edge",
  createdAtMs: 5,
  length: 10,
  sha256Expected: digest,
  offset: 10,
  sha256: digest,
};

test("parseState reads what formatState writes", () => {
  const bare = { ...whole, length: undefined, sha256Expected: undefined, sha256: undefined };
  for (const state of [whole, bare]) expect(parseState(formatState(state))).toEqual(state);
});

test("parseState takes nothing that is not a state", () => {
  const wrong: Record<string, unknown>[] = [
    { format: 2 },
    { owner: 1 },
    { createdAtMs: -1 },
    { offset: "0" },
    { offset: 1.5 },
    { length: null },
    { sha256Expected: "a" },
    { sha256: 5 },
  ];
  for (const members of wrong) expect(parseState(JSON.stringify({ ...whole, ...members }))).toBeUndefined();
  for (const text of ["", "null", "[]", "5", '{"format":1', formatState(whole).slice(0, -4)])
    expect(parseState(text)).toBeUndefined();
});

test("idInName knows the three names of an upload and no other", () => {
  const id = "0123456789abcdef".repeat(2);
  for (const name of [`${id}.upload`, `${id}.upload.json`, `.${id}.upload.json.new`]) expect(idInName(name)).toBe(id);
  for (const name of [id, `${id}.part`, `${id}.upload.json.old`, `${id}x.upload`, "x.upload"])
    expect(idInName(name)).toBeUndefined();
  expect(isUploadId(id)).toBe(true);
  expect(isUploadId(`${id}0`)).toBe(false);
});
