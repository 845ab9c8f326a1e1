import { expect, test } from "bun:test";
import { Guest } from "../../source/index.ts";
import { readStateRequest } from "../../source/answers/state-request.ts";
import { on } from "../kit/on-both.ts";
import { ask, get } from "../kit/wire.ts";

const refused: [string, string][] = [
  ['{"state":"ready"}', 'Invalid state "ready"'],
  ['{"state":"READY"}', 'Invalid state "READY"'],
  ['{"state":"Stopped"}', 'Invalid state "Stopped"'],
  ['{"state":"a\\"b\\n\\u0001é\\u200b"}', 'Invalid state "a\\"b\\n\\x01é\\u200b"'],
  ["{}", 'Invalid state ""'],
  ["null", 'Invalid state ""'],
  ['{"state":null}', 'Invalid state ""'],
  ['{"stat":"Ready"}', 'Invalid state ""'],
  ["", "EOF"],
  [" \n", "EOF"],
  ['{"state":"Rea', "unexpected EOF"],
  ['{"state"', "unexpected EOF"],
  ["{", "unexpected EOF"],
  ["tru", "unexpected EOF"],
  ["-", "unexpected EOF"],
  ["{state", "invalid character 's' looking for beginning of object key string"],
  ['{"state":"Ready",}', "invalid character '}' looking for beginning of object key string"],
  ['{"state":x}', "invalid character 'x' looking for beginning of value"],
  ["hello", "invalid character 'h' looking for beginning of value"],
  ["'", String.raw`invalid character '\'' looking for beginning of value`],
  ['{"state" "Ready"}', "invalid character '\"' after object key"],
  ['{"state":"Ready" 1}', "invalid character '1' after object key:value pair"],
  ['{"a":[1 2],"state":"Ready"}', "invalid character '2' after array element"],
  ['{"state":"a\nb"}', String.raw`invalid character '\n' in string literal`],
  [String.raw`{"state":"\x"}`, "invalid character 'x' in string escape code"],
  [String.raw`{"state":"\u00g0"}`, String.raw`invalid character 'g' in \u hexadecimal character escape`],
  ['{"a":trux}', "invalid character 'x' in literal true (expecting 'e')"],
  ['{"a":-x}', "invalid character 'x' in numeric literal"],
  ['{"a":1.x}', "invalid character 'x' after decimal point in numeric literal"],
  ['{"a":1ex}', "invalid character 'x' in exponent of numeric literal"],
  ['{"state":5}', "json: cannot unmarshal number into Go struct field DevIncusPut.state of type string"],
  ['{"state":true}', "json: cannot unmarshal bool into Go struct field DevIncusPut.state of type string"],
  ['{"state":[]}', "json: cannot unmarshal array into Go struct field DevIncusPut.state of type string"],
  ['{"state":{}}', "json: cannot unmarshal object into Go struct field DevIncusPut.state of type string"],
  ["[]", "json: cannot unmarshal array into Go value of type api.DevIncusPut"],
  ['"Ready"', "json: cannot unmarshal string into Go value of type api.DevIncusPut"],
  ["5", "json: cannot unmarshal number into Go value of type api.DevIncusPut"],
  ["true", "json: cannot unmarshal bool into Go value of type api.DevIncusPut"],
];

test("G18: readStateRequest refuses in the words of Go's reader", () => {
  for (const [body, refusal] of refused) expect([body, readStateRequest(body)]).toEqual([body, { refusal }]);
});

test("readStateRequest takes the first value, members in any case, and refuses what is nested without end", () => {
  const ready = { state: "Ready" } as const;
  const taken = [
    '{"state":"Ready"}',
    ' {"State":"Ready"} x',
    '{"a":{"b":[1.5e+3,-0,null]},"state":"Ready"}{',
    '{"state":"\\u0052eady"}',
  ];
  for (const body of taken) expect([body, readStateRequest(body)]).toEqual([body, ready]);
  expect(readStateRequest("[".repeat(100_000))).toEqual({ refusal: "exceeded max depth" });
});

const patch = (body: string, headers = "") =>
  `PATCH /1.0 HTTP/1.1\r\nHost: a\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${Buffer.from(body).toString("latin1")}`;

on("incus", "G15 G16: PATCH sets the state, and each Ready is told", async ({ path, guest, readied }) => {
  const state = async () => (JSON.parse((await get(path, "/1.0")).body.toString("utf8")) as { state: string }).state;
  const seen: unknown[] = [];
  for (const word of ["Ready", "Ready", "Started", "Ready"]) {
    const answer = await ask(path, patch(`{"state":"${word}"}`));
    seen.push([answer.status, answer.body.length, guest.ready, await state(), readied.length]);
  }
  expect(seen).toEqual([
    [200, 0, "true", "Ready", 1],
    [200, 0, "true", "Ready", 2],
    [200, 0, "false", "Started", 2],
    [200, 0, "true", "Ready", 3],
  ]);
  guest.resetReady();
  expect([guest.ready, await state()]).toEqual(["false", "Started"]);
});

test("G17: a guest that begins anew is not ready, one that goes on is", async () => {
  let life: string | undefined = "first";
  const guest = new Guest({ name: "c1", layers: [], life: () => life });
  await guest.reportState("Ready");
  expect(guest.ready).toBe("true");
  life = undefined;
  expect(guest.ready).toBe("false");
  life = "first";
  expect(guest.ready).toBe("false");
  await guest.reportState("Ready");
  life = "second";
  expect(guest.ready).toBe("false");
});

on("incus", "G18: a body that fails is answered with 400 and its text", async ({ path, guest }) => {
  for (const [body, refusal] of refused.slice(0, 12)) {
    const answer = await ask(path, patch(body));
    expect([body, answer.status, answer.body.toString("utf8")]).toEqual([body, 400, `${refusal}\n`]);
  }
  expect(guest.ready).toBeUndefined();
});

on("incus", "G19: what else a body may have is accepted", async ({ path, readied }) => {
  const chunked =
    'PATCH /1.0 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{"state"\r\n9\r\n:"Ready"}\r\n0\r\n\r\n';
  const bodies = [
    patch('{"state":"Ready","foo":1}'),
    patch('{"state":"Ready"} garbage'),
    patch('{"state":"Ready"}', "Content-Type: application/x-www-form-urlencoded\r\n"),
    chunked,
    patch(`{"pad":"${"x".repeat(2_000_000)}","state":"Ready"}`),
  ];
  for (const request of bodies) expect((await ask(path, request)).status).toBe(200);
  expect(readied).toHaveLength(bodies.length);
});
