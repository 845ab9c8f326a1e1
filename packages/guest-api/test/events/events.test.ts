import { expect, test } from "bun:test";
import { Events, queueLimits, typesOf } from "../../source/events/events.ts";
import { Timestamps } from "../../source/events/timestamps.ts";
import { perform } from "../kit/actions.ts";
import { eventually } from "../kit/container.ts";
import { framesIn, masked, opcodes, upgradeRequest } from "../kit/frames.ts";
import type { Fixture } from "../kit/fixture.ts";
import { onBoth } from "../kit/on-both.ts";
import { sequence } from "../kit/recordings.ts";
import { ask, valueOf, Wire } from "../kit/wire.ts";

const streamHeader =
  "HTTP/1.1 200 OK\nConnection: keep-alive\nContent-Type: application/json\nX-Content-Type-Options: nosniff\n\n";

type Event = { type: string; timestamp: string; metadata: Record<string, unknown> };

async function listen(fixture: Fixture, request: string): Promise<Wire> {
  const before = fixture.guest.events.listening;
  const wire = await Wire.open(fixture.path);
  wire.send(request);
  await eventually(() => (fixture.guest.events.listening > before ? true : undefined));
  return wire;
}

const plain = (fixture: Fixture, query = "") => listen(fixture, `GET /1.0/events${query} HTTP/1.1\r\nHost: a\r\n\r\n`);

async function webSocket(fixture: Fixture, more = ""): Promise<Wire> {
  const wire = await listen(fixture, upgradeRequest(more));
  await wire.header();
  return wire;
}

/** The next events; a stream's header must be taken off before. */
async function eventsOf(wire: Wire, count: number, isWebSocket = false): Promise<Event[]> {
  const lines = isWebSocket
    ? await wire.until(() => {
        const texts = framesIn(wire.received).filter(({ opcode }) => opcode === opcodes.text);
        return texts.length >= count ? texts.map(({ payload }) => payload.toString("utf8")) : undefined;
      })
    : await wire.lines(count);
  return lines.map((line) => JSON.parse(line) as Event);
}

const bare = (events: Event[]) => events.map(({ type, metadata }) => ({ type, metadata }));

onBoth("G29: the plain stream begins with its header, byte for byte, before any event", async (fixture) => {
  for (const method of ["GET", "POST", "DELETE"]) {
    const wire = await listen(fixture, `${method} /1.0/events HTTP/1.1\r\nHost: a\r\n\r\n`);
    expect(await wire.header()).toBe(streamHeader);
    expect(wire.received.length).toBe(0);
    wire.close();
    await eventually(() => (fixture.guest.events.listening === 0 ? true : undefined));
  }
});

for (const name of ["main", "updated", "monitor"]) {
  onBoth(
    `G30 G32: the sequence "${name}" gives its events, and no others, on both kinds of listeners`,
    async (fixture) => {
      const { steps } = sequence(name);
      if (name === "main") fixture.set({ config: { "user.foo": "start" } });
      const [stream, socket] = [await plain(fixture), await webSocket(fixture)];
      await stream.header();
      for (const { action } of steps) perform(fixture, action);
      // An event that must not come would come before this one.
      fixture.set({ config: { "user.last": "1" } });
      const last = { type: "config", metadata: { key: "user.last", old_value: "", value: "1" } };
      const wanted = [...steps.flatMap(({ events }) => events), last];
      expect(bare(await eventsOf(stream, wanted.length))).toEqual(wanted as never);
      expect(bare(await eventsOf(socket, wanted.length, true))).toEqual(wanted as never);
      for (const wire of [stream, socket]) wire.close();
    },
  );
}

onBoth("G31: type chooses, exactly and without trimming; unknown types bring silence", async (fixture) => {
  const wanted: [string, string[]][] = [
    ["?type=config", ["config"]],
    ["?type=device", ["device"]],
    ["?type=device,config", ["config", "device"]],
    ["?type=", ["config", "device"]],
    ["?type=bogus,lifecycle", []],
    ["?type=%20config", []],
    ["?type=CONFIG", []],
  ];
  const wires = await Promise.all(wanted.map(([query]) => Wire.open(fixture.path).then((wire) => ({ wire, query }))));
  for (const { wire, query } of wires) wire.send(`GET /1.0/events${query} HTTP/1.1\r\nHost: a\r\n\r\n`);
  await eventually(() => (fixture.guest.events.listening === wires.length ? true : undefined));
  fixture.set({ config: { "user.x": "1" }, devices: { d: { type: "none" } } });
  for (const [index, { wire }] of wires.entries()) {
    const types = wanted[index]?.[1] ?? [];
    await wire.header();
    expect((await eventsOf(wire, types.length)).map(({ type }) => type)).toEqual(types);
    wire.close();
  }
  expect([...typesOf(null)]).toEqual(["config", "device"]);
});

onBoth("G33: a byte, half a close and a close end the plain stream, and nothing is left of it", async (fixture) => {
  for (const leave of [
    (wire: Wire) => wire.send("x"),
    (wire: Wire) => wire.socket.end(),
    (wire: Wire) => wire.close(),
  ]) {
    const wire = await plain(fixture);
    await wire.header();
    leave(wire);
    await wire.ended();
    await eventually(() => (fixture.guest.events.listening + fixture.gate.connections === 0 ? true : undefined));
  }
});

onBoth("G34: a WebSocket with nothing that was only offered, whatever the Origin", async (fixture) => {
  const offers =
    "Origin: http://evil\r\nSec-WebSocket-Protocol: a, b\r\nSec-WebSocket-Extensions: permessage-deflate\r\n";
  const answer = await ask(fixture.path, upgradeRequest(offers));
  // Bun adds the Date (masked by 11.1).
  const headers = answer.headers.filter(([name]) => name !== "Date");
  expect([answer.status, headers]).toEqual([
    101,
    [
      ["Upgrade", "websocket"],
      ["Connection", "Upgrade"],
      ["Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="],
    ],
  ]);
});

onBoth(
  "G35: a ping at once and at each interval; who never answers is cut at the fourth, who answers is not",
  async (fixture) => {
    const [silent, answering] = [await webSocket(fixture), await webSocket(fixture)];
    let answered = 0;
    const pings = (wire: Wire) => framesIn(wire.received).filter(({ opcode }) => opcode === opcodes.ping);
    await answering.until(() => {
      for (; answered < pings(answering).length; answered++)
        answering.send(masked(opcodes.pong, Buffer.from("keepalive")));
      return answered >= 6 ? true : undefined;
    });
    await silent.ended();
    expect(pings(silent).map(({ payload }) => payload.toString("latin1"))).toEqual([
      "keepalive",
      "keepalive",
      "keepalive",
    ]);
    expect(answering.isClosed).toBe(false);
    answering.close();
  },
  { limits: { pingMs: 100 } },
);

onBoth(
  "G36: a client's ping is answered, its Close repeated, and data ends the connection without one",
  async (fixture) => {
    const wire = await webSocket(fixture);
    wire.send(masked(opcodes.ping, Buffer.from("yo")));
    const pong = await wire.until(() => framesIn(wire.received).find(({ opcode }) => opcode === opcodes.pong));
    expect(pong.payload.toString("latin1")).toBe("yo");
    wire.send(masked(opcodes.close, Buffer.from([0x03, 0xe8])));
    await wire.ended();
    expect(framesIn(wire.received).at(-1)).toEqual({ opcode: opcodes.close, payload: Buffer.from([0x03, 0xe8]) });
    const rude = await webSocket(fixture);
    rude.send(masked(opcodes.text, Buffer.from("hello")));
    await rude.ended();
    expect(framesIn(rude.received).map(({ opcode }) => opcode)).toEqual([opcodes.ping]);
    await eventually(() => (fixture.guest.events.listening === 0 ? true : undefined));
  },
);

onBoth("G37: bad handshakes are refused as recorded; WebSocket in capitals gives the plain stream", async (fixture) => {
  const good = upgradeRequest();
  const bad: [string, number, string][] = [
    [good.replace(/Sec-WebSocket-Key: .*\r\n/u, ""), 400, "Bad Request"],
    [good.replace("Version: 13", "Version: 12"), 400, "Bad Request"],
    [good.replace("Connection: Upgrade\r\n", ""), 400, "Bad Request"],
    [good.replace("GET ", "POST "), 405, "Method Not Allowed"],
  ];
  for (const [request, status, words] of bad) {
    const wire = await Wire.open(fixture.path);
    wire.send(request);
    const answer = await wire.answer();
    expect([answer.status, answer.body.toString("utf8")]).toEqual([status, `${words}\ninternal server error\n`]);
    expect(valueOf(answer, "sec-websocket-version")).toBe("13");
    wire.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    expect((await wire.answer()).status).toBe(200);
    wire.close();
  }
  const capital = await listen(fixture, good.replace("Upgrade: websocket", "Upgrade: WebSocket"));
  expect(await capital.header()).toBe(streamHeader);
  capital.close();
});

onBoth("G38: events escape what answers do not", async (fixture) => {
  const wire = await plain(fixture);
  await wire.header();
  fixture.set({ config: { "user.x": "<a>&é\u2028" } });
  expect((await wire.lines(1))[0]).toContain(String.raw`"value":"\u003ca\u003e\u0026` + "é" + String.raw`\u2028"`);
  expect((await ask(fixture.path, "GET /1.0/config/user.x HTTP/1.1\r\nHost: a\r\n\r\n")).body.toString("utf8")).toBe(
    "<a>&é\u2028",
  );
  wire.close();
});

test("G39: timestamps are RFC 3339, unique and never go back, also when the clock does", () => {
  const times = [1000, 1000, 1000, 999, 500, 1001];
  const clock = new Timestamps(() => new Date(1_700_000_000_000 + (times.shift() ?? 2000)));
  const stamps = Array.from({ length: 7 }, () => clock.next());
  for (const stamp of stamps) {
    expect(stamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}(?:Z|[+-]\d\d:\d\d)$/u);
    expect(Number.isNaN(Date.parse(stamp))).toBe(false);
  }
  expect(new Set(stamps).size).toBe(stamps.length);
  expect(stamps.toSorted((left, right) => (left < right ? -1 : 1))).toEqual(stamps);
});

onBoth(
  "G40: fifty listeners see the same order, nothing from before, and nothing of another container",
  async (fixture) => {
    fixture.set({ config: { "user.before": "1" } });
    const wires = await Promise.all(Array.from({ length: 50 }, () => Wire.open(fixture.path)));
    for (const wire of wires) wire.send("GET /1.0/events HTTP/1.1\r\nHost: a\r\n\r\n");
    await eventually(() => (fixture.guest.events.listening === 50 ? true : undefined));
    const other = new Events();
    other.publish([{ type: "config", metadata: { key: "user.other", old_value: "", value: "1" } }]);
    for (let index = 0; index < 40; index++) fixture.set({ config: { "user.n": String(index) } });
    const seen = await Promise.all(wires.map(async (wire) => (await wire.header(), (await wire.lines(40)).join("\n"))));
    expect(new Set(seen).size).toBe(1);
    expect((seen[0] ?? "").split("\n").map((line) => (JSON.parse(line) as Event).metadata["value"])).toEqual(
      Array.from({ length: 40 }, (_, index) => String(index)),
    );
    for (const wire of wires) wire.close();
  },
);

onBoth("G41: who does not read is dropped after 1000 events, and nobody waits for it", async (fixture) => {
  const [stalled, stalledSocket, reading] = [await plain(fixture), await webSocket(fixture), await plain(fixture)];
  stalled.socket.pause();
  stalledSocket.socket.pause();
  await reading.header();
  const pad = "x".repeat(4000);
  let droppedAt = 0;
  for (let index = 0; index < 10_000; index++) {
    fixture.set({ config: { "user.n": `${index}${pad}` } });
    // The loop has to turn for anybody to read.
    if (index % 20 === 0)
      await reading.until(() => (reading.received.includes(`"value":"${index}x`) ? true : undefined));
    if (index % 20 === 0) reading.received = Buffer.alloc(0);
    if (droppedAt === 0 && fixture.guest.events.listening === 1) droppedAt = index;
  }
  await eventually(() => (fixture.guest.events.listening === 1 ? true : undefined));
  // What the kernel holds of a socket comes on top of the queue.
  expect(droppedAt).toBeGreaterThanOrEqual(queueLimits.events);
  expect(droppedAt).toBeLessThan(3 * queueLimits.events);
  for (const wire of [stalled, stalledSocket, reading]) wire.close();
});

onBoth("G54: a stream that is open when the API is switched off goes on", async (fixture) => {
  const wire = await plain(fixture);
  await wire.header();
  for (const { action } of sequence("disabled").steps) perform(fixture, action);
  expect((await eventsOf(wire, 1))[0]?.metadata).toEqual({ key: "user.foo", old_value: "bar", value: "whiledisabled" });
  wire.close();
});
