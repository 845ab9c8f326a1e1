// One recording, sent again byte for byte in the state that it assumes. Times are a tenth of the recorded ones, and so are the limits.
import { rmSync } from "node:fs";
import { setTimeout as after } from "node:timers/promises";
import { defaultLimits } from "../../source/index.ts";
import { askAs, Container, containerNeeds } from "./container.ts";
import { perform } from "./actions.ts";
import { Fixture } from "./fixture.ts";
import { framesIn, opcodes } from "./frames.ts";
import { flavourOf, sequence } from "./recordings.ts";
import type { Recording } from "./recordings.ts";
import { Wire } from "./wire.ts";

export interface Observed {
  /** Everything that came, a character a byte. */
  bytes: string;
  connection: string;
}

const tenth = (ms: number) => ms / 10;
export const scaledLimits = {
  headersMs: tenth(defaultLimits.headersMs),
  bodyStallMs: tenth(defaultLimits.bodyStallMs),
  idleMs: tenth(defaultLimits.idleMs),
  pingMs: tenth(defaultLimits.pingMs),
};

const callers = new Set(["hostpid", "nonroot", "exec_orphan", "init_descendant", "nested_pidns"]);

/** Undefined where it cannot run here. */
export async function replay(recording: Recording): Promise<Observed | undefined> {
  if (!callers.has(recording.name)) {
    const { pingMs, ...others } = scaledLimits;
    const limits = recording.name === "events_ws_nopong" ? { ...others, pingMs } : others;
    const fixture = new Fixture(flavourOf(recording), { limits });
    return await run(recording, fixture).finally(() => fixture.stop());
  }
  if (containerNeeds !== undefined) return undefined;
  const container = await Container.start();
  const fixture = new Fixture(flavourOf(recording), { membership: { kind: "init", find: () => container.init } });
  try {
    return { bytes: await callAs(recording, fixture, container), connection: "open" };
  } finally {
    fixture.stop();
    await container.stop();
  }
}

async function callAs({ name, request }: Recording, fixture: Fixture, container: Container): Promise<string> {
  fixture.openToAll();
  if (name === "init_descendant") return await container.runInside(fixture.path, request);
  if (name === "nonroot")
    return await container.runInside(fixture.path, request, "setpriv --reuid 1000 --regid 1000 --clear-groups");
  const command =
    name === "hostpid" ? [] : name === "exec_orphan" ? container.exec() : container.exec("unshare", "-p", "-f");
  return await askAs({ command }, fixture.path, request);
}

async function run(recording: Recording, fixture: Fixture): Promise<Observed> {
  await prepare(recording.name, fixture);
  if (recording.name.startsWith("disabled_")) return await connectOnly(fixture);
  const wire = await Wire.open(fixture.path);
  try {
    await talk(recording, fixture, wire);
    const connection = wire.isClosed ? "closed" : "open";
    return { bytes: wire.received.toString("latin1"), connection };
  } finally {
    wire.close();
  }
}

async function prepare(name: string, fixture: Fixture): Promise<void> {
  if (name === "slow_header" || name === "v10_after_ready") await fixture.guest.reportState("Ready");
  if (name === "v10_after_started") await fixture.guest.reportState("Started");
  if (name.startsWith("events_") && !name.startsWith("events_updated") && !name.startsWith("events_open")) {
    fixture.set({ config: { "user.foo": "start" } });
  }
  if (/^image_(?:export_forbidden|private|unknown)/u.test(name)) {
    for (const kind of ["unified", "split"] as const) fixture.offer(kind, { isPublic: false });
  }
  if (/^image_(?:public|head)/u.test(name)) {
    for (const kind of ["unified", "split"] as const) fixture.offer(kind, { isPublic: true });
  }
  if (name.startsWith("image_") && name !== "image_export_forbidden")
    fixture.set({ config: { "security.guestapi.images": "true" } });
  if (name.startsWith("disabled_")) fixture.set({ config: { "security.guestapi": "false" } });
  if (name === "reenabled") {
    fixture.set({ config: { "security.guestapi": "false" } });
    fixture.set({ config: { "security.guestapi": "" } });
  }
}

async function connectOnly(fixture: Fixture): Promise<Observed> {
  // That the daemon follows the switch is tested with the daemon; here the socket is taken away as it does.
  fixture.gate.withdraw();
  rmSync(fixture.path, { force: true });
  const failed = await Wire.open(fixture.path).then(
    () => "connected",
    (error: NodeJS.ErrnoException) => error.code,
  );
  return { bytes: "", connection: failed === "ENOENT" ? "connect: No such file or directory" : String(failed) };
}

async function talk(
  { name, request, status, connection_after, body, body_len: bodyBytes = 0 }: Recording,
  fixture: Fixture,
  wire: Wire,
): Promise<void> {
  const head = request.slice(0, request.indexOf("\r\n\r\n") + 4);
  if (name === "slow_header") return await inTwo(wire, request, request.indexOf("\r\n") + 2, 4500);
  if (name === "keepalive_disabled") {
    wire.send(head);
    await wire.until(() => (wire.received.includes("h1") || wire.received.includes("none") ? true : undefined));
    fixture.set({ config: { "security.guestapi": "false" } });
    wire.send(request.slice(head.length));
    const count = (text: string) => text.split("HTTP/1.1 ").length;
    await wire.until(() => (count(wire.received.toString("latin1")) > count(body ?? "") ? true : undefined));
    return await quiet(wire);
  }
  if (/^events_(?:stream_client_data|ws_client)/u.test(name)) {
    await inTwo(wire, request, head.length, 1000);
    return connection_after === "closed" ? await wire.ended() : await quiet(wire);
  }
  wire.send(request);
  await wire.until(() => (wire.received.length >= bodyBytes ? true : undefined));
  if (name === "idle_30s") return await after(tenth(34_000)).then(() => undefined);
  if (name === "events_ws_nopong") return await wire.ended(tenth(45_000));
  if (name.startsWith("events_") && (status === 200 || status === 101)) {
    await wire.until(() => (fixture.guest.events.listening > 0 ? true : undefined));
    await play(name, fixture);
  }
  await (connection_after === "closed" ? wire.ended() : quiet(wire));
}

async function play(name: string, fixture: Fixture): Promise<void> {
  const which = name === "events_updated" ? "updated" : name === "events_open_when_disabled" ? "disabled" : "main";
  for (const { action } of sequence(which).steps) perform(fixture, action);
}

async function inTwo(wire: Wire, request: string, at: number, pauseMs: number): Promise<void> {
  wire.send(request.slice(0, at));
  if (request.slice(0, at).endsWith("\r\n\r\n")) await wire.until(() => (wire.received.length > 0 ? true : undefined));
  await after(tenth(pauseMs));
  wire.send(request.slice(at));
  await quiet(wire);
}

/** Until nothing has come for a while: what a test that looks for too much has to wait for. */
async function quiet(wire: Wire): Promise<void> {
  for (let before = -1; before !== wire.received.length || before === 0;) {
    before = wire.received.length;
    await after(150);
    if (wire.isClosed) return;
  }
}

/** The events in what came after the header of a stream or a WebSocket; pings and pongs by their names. */
export function eventsIn(body: Buffer, isWebSocket: boolean): unknown[] {
  if (!isWebSocket) return linesOf(body.toString("utf8"));
  return framesIn(body).flatMap(({ opcode, payload }) => {
    if (opcode === opcodes.text) return linesOf(payload.toString("utf8"));
    return [`${Object.entries(opcodes).find(([, code]) => code === opcode)?.[0]} ${payload.toString("latin1")}`];
  });
}

/** The time is masked, and what stands around it is not. */
function linesOf(text: string): unknown[] {
  return text.split(/(?<=\n)/u).map((line) => line.replace(/"timestamp":"[^"]+"/u, '"timestamp":"…"'));
}
