// Who asks for an upgrade and how: callers that leave, that are too many or too early, and a host that cannot keep what it would have to know.
import { expect } from "bun:test";
import { json } from "../kit/api.ts";
import { beginUpload } from "../kit/half-upload.ts";
import { state } from "../kit/board-host.ts";
import { tracesOf } from "../kit/board-traces.ts";
import { childrenOf } from "../kit/processes.ts";
import type { Answer } from "../kit/run.ts";
import { worked } from "../kit/steps.ts";
import { until } from "../kit/until.ts";
import { Failures, type Story, files, mebibyte, slotBytes } from "./failures.ts";

const failures = new Failures("requests");
const story = failures.story.bind(failures);
const to = "/v1/system/upgrade";
const octets = { "Content-Type": "application/octet-stream" };

/** A body of which a part has come, and whose image is being written. */
async function half({ host }: Story) {
  const id = crypto.randomUUID();
  const headers = { ...octets, "Operation-Id": id };
  const upload = await beginUpload(host.socket, {
    to,
    bytes: slotBytes,
    first: new Uint8Array(3_000_000).fill(7),
    headers,
  });
  await until("it is written", async () => {
    const { body } = await host.api(`/v1/operations/${id}`);
    return JSON.stringify(body).includes('"write"');
  });
  return { id, upload };
}

async function endOf({ host }: Story, id: string): Promise<Record<string, unknown>> {
  return await until("the operation ends", async () => {
    const { body } = await host.api(`/v1/operations/${id}`);
    return body["state"] === "running" ? undefined : body;
  });
}

/** As hostctl would have told it. */
function told(problem: unknown): Answer {
  const { detail } = problem as { detail?: unknown };
  return { stdout: `${String(detail)}\n`, stderr: "", exitCode: 1 };
}

story("cancelled by another client while it is written", {}, async (s) => {
  await s.fails({ exit: 1, inactive: "unknown" }, async () => {
    const { id, upload } = await half(s);
    const { body } = await json(s.host.socket, `/v1/operations/${id}`, { method: "DELETE" });
    expect(body).toMatchObject({ state: "cancelled" });
    await until("the client is answered", () => upload.answer().startsWith("HTTP/1.1 409"));
    upload.leave();
    return told(body["problem"]);
  });
  await s.goesOn();
});

story("a client that leaves in the middle of the body", {}, async (s) => {
  await s.fails({ exit: 1, inactive: "unknown" }, async () => {
    const { id, upload } = await half(s);
    upload.leave();
    return told((await endOf(s, id))["problem"]);
  });
  await s.goesOn();
});

story("Ctrl-C in hostctl", {}, async (s) => {
  const { board } = s.host;
  await s.fails({ exit: 1, inactive: "unknown" }, async () => {
    const script = [
      "mkfifo /run/pipe",
      "sleep 100000 >/run/pipe 2>/dev/null & echo $! >/run/sleeper",
      `cat ${files.image} >/run/pipe 2>/dev/null &`,
      "hostctl system upgrade - </run/pipe & echo $! >/run/hostctl",
      "wait $!",
    ].join("\n");
    const running = board.run(["sh", "-c", script]);
    await until("it is written", async () => (await childrenOf(s.host.daemonPid)).length >= 2);
    worked(await board.run(["sh", "-c", "kill -INT $(cat /run/hostctl)"]));
    await running;
    worked(await board.run(["sh", "-c", "kill $(cat /run/sleeper)"]));
    return await running;
  });
  await s.goesOn();
});

story("two at once", {}, async (s) => {
  const { id, upload } = await half(s);
  const { exitCode, stdout } = await s.upgrade();
  expect({ exitCode, namesTheFirst: stdout.includes(id) }).toEqual({ exitCode: 6, namesTheFirst: true });
  s.said.push(`exit ${exitCode}: ${stdout.trimEnd()}`);
  upload.leave();
  await endOf(s, id);
  await s.goesOn();
});

story("several at the same instant: one is installed, and the others hear which", {}, async (s) => {
  const { host } = s;
  const body = JSON.stringify({ source: { path: files.good } });
  const headers = { "content-type": "application/json" };
  const answers = await Promise.all(Array.from({ length: 8 }, () => host.api(to, { method: "POST", headers, body })));
  const codes = answers.map(({ status, body: { code } }) => (status === 200 ? "installed" : String(code)));
  expect(codes.toSorted()).toEqual([...Array.from({ length: 7 }, () => "busy"), "installed"]);
  worked(await s.host.hostctl("system", "rollback"));
  await s.goesOn();
});

story(
  "an upgrade while one is pending, and while one is on trial",
  { board: { slotBytes: 16 * mebibyte, versions: { a: "release-1", b: "release-2" } } },
  async (s) => {
    const { host } = s;
    const { board } = host;
    const root = "/data/root.img";
    worked(await board.run(["sh", "-c", `cat ${board.device("b")} >${root}`]));
    worked(await s.upgrade(root));
    await s.fails({ exit: 4 });
    worked((await host.reboot()).hook);
    expect((await host.hostctl("system", "status")).stdout).toStartWith("trying\n");
    await s.fails({ exit: 4 });
  },
);

story("a record that makes no sense", {}, async (s) => {
  const { board } = s.host;
  const record = `${state}/system/record.json`;
  worked(await board.run(["cp", record, "/data/kept"]));
  await board.write(record, '{"format":1,"sta');
  const { exitCode, stdout } = await s.upgrade();
  s.said.push(`exit ${exitCode}: ${stdout.trimEnd()}`);
  expect(exitCode).toBe(1);
  const { hook } = await s.host.reboot();
  s.said.push(`hook: ${hook.stdout.trimEnd()}`);
  expect((await board.run(["sh", "-c", `ls ${state}/system | grep -v '^record.json$' | grep -c record`])).stdout).toBe(
    "1\n",
  );
  await s.goesOn();
});

story("a host without [upgrade]", { upgrade: null }, async (s) => {
  const { exitCode, stdout } = await s.upgrade();
  s.said.push(`exit ${exitCode}: ${stdout.trimEnd()}`);
  expect(exitCode).toBe(1);
});

story("a full disk, on which the record cannot be written", {}, async (s) => {
  const { board } = s.host;
  await board.run(["sh", "-c", "dd if=/dev/zero of=/data/fill bs=1M; dd if=/dev/zero of=/data/rest bs=1k; :"]);
  await s.fails({ exit: 7 });
  worked(await board.run(["rm", "/data/fill", "/data/rest"]));
  await s.goesOn();
});

for (const [backend, more] of [
  ["rauc", { boot_environment: null, device_type: null }],
  ["swupdate", {}],
  ["mender", {}],
] as const) {
  story(`backend = "${backend}" whose command is not there`, {}, async (s) => {
    const command = backend === "swupdate" ? '["/usr/bin/nothing", "-e", "stable,{slot}"]' : '["/usr/bin/nothing"]';
    await s.host.restart({ upgrade: { backend: `"${backend}"`, command, ...more } });
    await s.fails({ exit: 1 });
    await s.host.restart({});
    await s.goesOn();
  });
}

for (const how of ["stopped", "killed"] as const) {
  story(`a daemon that is ${how} while it writes`, {}, async (s) => {
    const before = await tracesOf(s.host);
    const { upload } = await half(s);
    await (how === "stopped" ? s.host.stopDaemon() : s.host.killDaemon());
    if (how === "stopped") s.said.push(upload.answer().split("\r\n")[0] ?? "");
    upload.leave();
    await s.host.startDaemon();
    expect({ ...(await tracesOf(s.host)), inactive: before.inactive }).toEqual(before);
    s.said.push((await s.host.hostctl("system", "history")).stdout.includes("upgrade") ? "history: upgrade" : "");
    await s.goesOn();
  });
}
failures.complete();
