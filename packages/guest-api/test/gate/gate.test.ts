import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { defaultLimits } from "../../source/index.ts";
import { Outlet } from "../../source/gate/outlet.ts";
import { Turns } from "../../source/gate/turns.ts";
import { eventually } from "../kit/container.ts";
import { Fixture } from "../kit/fixture.ts";
import { on, onBoth } from "../kit/on-both.ts";
import { scaledLimits } from "../kit/replay.ts";
import { get, Wire } from "../kit/wire.ts";

const ask = "GET /1.0 HTTP/1.1\r\nHost: a\r\n\r\n";

test("G28: the limits are the documented ones, above every pause that has to be survived", () => {
  expect(defaultLimits).toEqual({
    connectionsMax: 256,
    headersMs: 10_000,
    bodyStallMs: 30_000,
    idleMs: 120_000,
    pingMs: 10_000,
  });
  expect(Math.min(defaultLimits.headersMs, defaultLimits.bodyStallMs)).toBeGreaterThan(4500);
  expect(defaultLimits.idleMs).toBeGreaterThan(34_000);
});

const short = { headersMs: 700, bodyStallMs: 700, idleMs: 700 };

onBoth(
  "G28: half a header, half a body, an idle connection and one that never said a word are closed at their limits, a stream is not",
  async ({ path, guest }) => {
    const begin: [string, string][] = [
      ["header", "GET /1.0 HTTP/1.1\r\nHo"],
      ["body", 'PATCH /1.0 HTTP/1.1\r\nHost: a\r\nContent-Length: 17\r\n\r\n{"sta'],
      ["idle", ask],
      ["silent", ""],
      ["half closed", ask],
    ];
    const stream = await Wire.open(path);
    stream.send("GET /1.0/events HTTP/1.1\r\nHost: a\r\n\r\n");
    const wires = await Promise.all(begin.map(() => Wire.open(path)));
    for (const [index, [what, bytes]] of begin.entries()) {
      if (bytes !== "") wires[index]?.send(bytes);
      if (what === "half closed") wires[index]?.socket.end();
    }
    const since = performance.now();
    await Promise.all(wires.map((wire) => wire.ended()));
    expect(performance.now() - since).toBeGreaterThan(500);
    expect(wires.map((wire) => wire.received.length > 0)).toEqual([false, false, true, false, true]);
    expect([stream.isClosed, guest.events.listening]).toEqual([false, 1]);
    stream.close();
  },
  { limits: short },
);

onBoth(
  "G28: a body that comes slowly, but comes, is waited for",
  async ({ path }) => {
    const wire = await Wire.open(path);
    const body = '{"state":"Ready"}';
    wire.send(`PATCH /1.0 HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n`);
    for (const byte of body) {
      await new Promise((resolve) => setTimeout(resolve, 60));
      wire.send(byte);
    }
    expect((await wire.answer()).status).toBe(200);
    wire.close();
  },
  { limits: { ...scaledLimits, bodyStallMs: 700, headersMs: 600 } },
);

onBoth("G57: 4,096 connections: 256 stay, and another container is answered as ever", async (fixture) => {
  const other = new Fixture(fixture.flavour);
  const wires = await Promise.all(Array.from({ length: 4096 }, () => Wire.open(fixture.path).catch(() => undefined)));
  await eventually(() => (fixture.gate.connections === 256 ? true : undefined));
  for (const wire of wires) wire?.send("GET /1.0 HTTP/1.1\r\nHo");
  const times: number[] = [];
  for (let round = 0; round < 200; round++) {
    const begun = performance.now();
    expect((await get(other.path, "/1.0/config/user.foo")).status).toBe(200);
    times.push(performance.now() - begun);
  }
  const p99 = times.toSorted((left, right) => left - right)[197] ?? 0;
  console.info(
    `p99 of another container beside 4,096 connections: ${p99.toFixed(1)} ms, the median ${times.toSorted((l, r) => l - r)[100]?.toFixed(1)} ms`,
  );
  other.stop();
  for (const wire of wires) wire?.close();
  await eventually(() => (fixture.gate.connections === 0 ? true : undefined));
  expect((await get(fixture.path, "/1.0")).status).toBe(200);
});

on("lxd", "G57: thirty idle connections, as cloud-init leaves them, hurt nobody", async ({ path, gate }) => {
  const wires: Wire[] = [];
  for (let index = 0; index < 30; index++) {
    const wire = await Wire.open(path);
    wire.send(ask);
    expect((await wire.answer()).status).toBe(200);
    wires.push(wire);
  }
  expect(gate.connections).toBe(30);
  expect((await get(path, "/1.0")).status).toBe(200);
  for (const wire of wires) wire.close();
});

onBoth("G61: a thousand requests beside changes each see one whole value", async (fixture) => {
  const values = new Set(["bar", ...Array.from({ length: 20 }, (_, index) => String(index).repeat(2000))]);
  const asking = Promise.all(
    Array.from({ length: 40 }, async () => {
      const wire = await Wire.open(fixture.path);
      for (let round = 0; round < 25; round++) {
        wire.send("GET /1.0/config/user.foo HTTP/1.1\r\nHost: a\r\n\r\n");
        const answer = await wire.answer();
        expect(values.has(answer.body.toString("utf8"))).toBe(true);
      }
      wire.close();
    }),
  );
  const changing = setInterval(
    () => fixture.set({ config: { "user.foo": [...values][1 + Math.floor(Math.random() * 20)] ?? "" } }),
    1,
  );
  await asking;
  clearInterval(changing);
});

on("incus", "no descriptor and no socket is left of connections that came and went", async (fixture) => {
  await get(fixture.path, "/1.0");
  await eventually(() => (fixture.gate.connections === 0 ? true : undefined));
  const descriptors = () => readdirSync("/proc/self/fd").length;
  const before = descriptors();
  for (let round = 0; round < 100; round++) {
    await get(fixture.path, "/1.0");
    const stream = await Wire.open(fixture.path);
    stream.send("GET /1.0/events HTTP/1.1\r\nHost: a\r\n\r\n");
    await stream.header();
    stream.close();
    (await Wire.open(fixture.path)).close();
  }
  await eventually(() => (fixture.gate.connections === 0 ? true : undefined));
  await eventually(() => (descriptors() <= before + 2 ? true : undefined));
  expect(readdirSync(fixture.directory)).toEqual(["sock"]);
});

test("Outlet keeps what the socket does not take, in its order, and says when its source may go on", () => {
  let room = 5;
  let out = "";
  const outlet = new Outlet({
    write(bytes) {
      const taken = Math.min(room, bytes.byteLength);
      out += Buffer.from(bytes.subarray(0, taken)).toString("latin1");
      room -= taken;
      return taken;
    },
  });
  expect(outlet.write(Buffer.from("abc"))).toBe(true);
  expect(outlet.write(Buffer.from("defg"))).toBe(false);
  expect(outlet.write(Buffer.from("hi"), 3)).toBe(false);
  expect([out, outlet.bytesWaiting, outlet.weightWaiting]).toEqual(["abcde", 4, 4]);
  room = 3;
  expect(outlet.drain()).toBe(false);
  room = 10;
  expect([outlet.drain(), out, outlet.bytesWaiting, outlet.weightWaiting]).toEqual([true, "abcdefghi", 0, 0]);
});

test("Turns takes the parties in turn, one piece at a time, and lets none have the loop for itself", async () => {
  const turns = new Turns();
  const done: string[] = [];
  const [greedy, modest] = [{}, {}];
  const end = Promise.withResolvers<void>();
  const busy = () => {
    done.push("greedy");
    for (const until = performance.now() + 60; performance.now() < until;);
  };
  const begun = performance.now();
  for (let index = 0; index < 3; index++) turns.ask(greedy, busy);
  turns.ask(modest, () => void done.push("modest"));
  turns.ask(greedy, () => end.resolve());
  await end.promise;
  expect(done).toEqual(["greedy", "modest", "greedy", "greedy"]);
  // Three pieces of 60 ms; of the 180 ms all but 50 ms had to become a quarter of the time.
  expect(performance.now() - begun).toBeGreaterThan(450);
  const later = Promise.withResolvers<void>();
  turns.ask(modest, () => later.resolve());
  await later.promise;
});
