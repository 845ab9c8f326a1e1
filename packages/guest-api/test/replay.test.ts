// G62: every recording is sent again, byte for byte, and answered as the originals did. What is masked is listed here, by name.
import { expect, test } from "bun:test";
import { eventsIn, replay } from "./kit/replay.ts";
import type { Observed } from "./kit/replay.ts";
import { recordings, sequence } from "./kit/recordings.ts";
import type { Recording } from "./kit/recordings.ts";
import { answersIn, valueOf } from "./kit/wire.ts";
import type { HttpAnswer } from "./kit/wire.ts";

/** What a standard HTTP server does by itself, and values that no two runs share. */
const maskedHeaders: Readonly<Record<string, string>> = {
  date: "another day; Bun leaves it out of answers to HEAD and puts it into 101",
  connection: "Bun closes as asked and does not repeat the word",
  "last-modified": "of another file",
};
const maskedCases: Readonly<Record<string, string>> = {
  garbage: "no HTTP at all: Bun's own 400 has no body",
  http10_nohost11: "no Host: Bun's own 400 has no body",
};

interface Result {
  recording: Recording;
  complaints: string[];
  isSkipped: boolean;
}

test("G62: every recorded request is answered as recorded", async () => {
  const results = await judgeAll(recordings);
  console.info(tableOf(results));
  const failed = results.filter(({ complaints }) => complaints.length > 0);
  expect(
    failed.map(({ recording, complaints }) => `${recording.peer} ${recording.name}: ${complaints.join("; ")}`),
  ).toEqual([]);
  expect(results).toHaveLength(148);
}, 60_000);

test("the comparison finds an answer that differs in a byte, a header, its status or its connection", async () => {
  const recording = recordings.find(({ name }) => name === "config_key") as Recording;
  const right = (await replay(recording)) as Observed;
  expect(compare(recording, right)).toEqual([]);
  const wrong: [string, string][] = [
    [right.bytes.replace(/bar$/u, "baz"), "body"],
    [right.bytes.replace("octet-stream", "json"), "content-type"],
    [right.bytes.replace("Content-Length", "X-More: 1\r\nContent-Length"), "x-more"],
    [right.bytes.replace("200 OK", "201 OK"), "status"],
    [`${right.bytes}HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n`, "answers"],
  ];
  for (const [bytes, word] of wrong) expect(compare(recording, { ...right, bytes }).join()).toContain(word);
  expect(compare(recording, { ...right, connection: "closed" }).join()).toContain("connection");
});

/** Some at a time, those that wait first: they do it beside each other. */
async function judgeAll(all: readonly Recording[]): Promise<Result[]> {
  const waiting = all.toSorted((left, right) => Number(waits(right)) - Number(waits(left)));
  const results: Result[] = [];
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) results.push(await judge(next));
  };
  await Promise.all(Array.from({ length: 12 }, work));
  return results;
}

function waits({ name }: Recording): boolean {
  return name === "idle_30s" || name === "events_ws_nopong";
}

async function judge(recording: Recording): Promise<Result> {
  const observed = await replay(recording);
  if (observed === undefined) return { recording, complaints: [], isSkipped: true };
  return { recording, complaints: compare(recording, observed), isSkipped: false };
}

function compare(recording: Recording, observed: Observed): string[] {
  const complaints: string[] = [];
  const same = (what: string, got: unknown, wanted: unknown) => {
    const [left, right] = [JSON.stringify(got), JSON.stringify(wanted)];
    if (left !== right) complaints.push(`${what} is ${left}, recorded ${right}`);
  };
  same("connection", observed.connection, recording.connection_after);
  if (recording.status === null) return complaints;
  const methods = Array.from(
    recording.request.matchAll(/(?:^|\r\n\r\n|\})([A-Z]+) \/\S* HTTP/gu),
    ([, verb]) => verb ?? "GET",
  );
  const got = answersIn(Buffer.from(observed.bytes, "latin1"), methods, isStream(recording));
  if (recording.name in maskedCases) {
    same("status", got[0]?.status, recording.status);
    return complaints;
  }
  const wanted = recordedAnswers(recording, methods);
  same("answers", got.length, wanted.length);
  for (const [index, answer] of wanted.entries()) compareOne(recording, got[index], answer, same);
  return complaints;
}

function compareOne(
  recording: Recording,
  got: HttpAnswer | undefined,
  wanted: HttpAnswer,
  same: (what: string, got: unknown, wanted: unknown) => void,
): void {
  same("status", got?.status, wanted.status);
  if (got === undefined) return;
  const names = [...got.headers, ...wanted.headers].map(([name]) => name.toLowerCase());
  for (const name of new Set(names)) {
    // The plain stream is ours to the byte.
    const isMasked =
      name in maskedHeaders &&
      !(isStream(recording) && wanted.status === 200) &&
      !(name === "connection" && wanted.status === 101);
    const boundary = (value?: string) => value?.replace(/boundary=[0-9a-f]{60}$/u, "boundary=…");
    if (!isMasked) same(name, boundary(valueOf(got, name)), boundary(valueOf(wanted, name)));
  }
  if (isStream(recording)) {
    same("header", got.header.includes("\r"), recording.status === 101);
    same(
      "events",
      inUpdates(recording, eventsIn(got.body, recording.status === 101)),
      inUpdates(recording, eventsIn(wanted.body, recording.status === 101)),
    );
  } else if (recording.body === null) {
    // The originals write the closing delimiter of a multipart body twice: 68 bytes more.
    const surplus = recording.name === "image_public_split" ? 68 : 0;
    same("length of the body", got.body.length, (recording.body_len ?? 0) - surplus);
  } else same("body", textOf(recording, got.body), textOf(recording, wanted.body));
}

function isStream({ name, status, headers }: Recording): boolean {
  const isPlain = headers?.some(([header, value]) => header === "Connection" && value === "keep-alive") === true;
  return name.startsWith("events_") && (status === 101 || isPlain);
}

function recordedAnswers(recording: Recording, methods: readonly string[]): HttpAnswer[] {
  const lines = (recording.headers ?? []).map(([name, value]) => `${name}: ${value}`);
  const head = [`HTTP/1.1 ${recording.status} -`, ...lines, "", ""].join("\r\n");
  if (recording.body === null)
    return [{ status: recording.status ?? 0, headers: recording.headers ?? [], body: Buffer.alloc(0), header: head }];
  return answersIn(Buffer.from(head + recording.body, "latin1"), methods, isStream(recording));
}

/** The originals list keys in a random order. */
function textOf({ name }: Recording, body: Buffer): string {
  const text = body.toString("utf8");
  return /^\["\/1.0\/config\//u.test(text) && name !== ""
    ? JSON.stringify((JSON.parse(text) as string[]).toSorted())
    : text;
}

/** The events of one update race in the originals: they are compared as a set. */
function inUpdates({ name }: Recording, events: unknown[]): unknown[] {
  if (
    name !== "events_stream" &&
    name !== "events_ws" &&
    !/^events_(?:stream_|ws_)(?:config|device|caps|origin)$/u.test(name)
  )
    return withoutDerived(events);
  const type = name === "events_stream_config" ? "config" : name === "events_stream_device" ? "device" : undefined;
  // After the first one keepalives come by the clock, and a recording took longer.
  const rest = events.filter((event, index) => index === 0 || event !== "ping keepalive");
  const pings = rest.filter((event) => typeof event === "string" && event.startsWith("ping")).length;
  const sets = [rest.splice(0, pings)];
  for (const { events: expected } of sequence("main").steps) {
    const count = expected.filter((event) => type === undefined || event.type === type).length;
    sets.push(rest.splice(0, count).toSorted((left, right) => (String(left) < String(right) ? -1 : 1)));
  }
  return [...sets, rest];
}

/** LXD 5.0.2 shows two derived limits in one event; not to be imitated. */
function withoutDerived(events: unknown[]): unknown[] {
  return events.map((event) =>
    typeof event === "string"
      ? event.replaceAll(/"limits\.(?:read|write)":"10MB",?/gu, "").replaceAll(",}", "}")
      : event,
  );
}

function tableOf(results: readonly Result[]): string {
  const names = [...new Set(results.map(({ recording }) => recording.name))];
  const word = (name: string, peer: string) => {
    const found = results.find(({ recording }) => recording.name === name && recording.peer.startsWith(peer));
    if (found === undefined) return "-";
    return found.isSkipped ? "skipped: needs root" : found.complaints.length === 0 ? "same" : "DIFFERENT";
  };
  const rows = names.map((name) =>
    `${name.padEnd(30)} ${word(name, "incus").padEnd(20)} ${word(name, "lxd").padEnd(20)} ${maskedCases[name] ?? ""}`.trimEnd(),
  );
  const masks = Object.entries(maskedHeaders).map(([name, why]) => `masked header ${name}: ${why}`);
  return [`${"case".padEnd(30)} ${"incus-6.0.4".padEnd(20)} lxd-5.0.2`, ...rows, ...masks].join("\n");
}
