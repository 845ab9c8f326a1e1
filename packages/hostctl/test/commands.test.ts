import { expect, test } from "bun:test";
import { problem, problemCodes, isProblemCode } from "@host-service/protocol";
import { answer, answerWithWarning, history, statuses } from "./examples.ts";
import { fakeHost } from "./fake-host.ts";
import type { Answer } from "./fake-host.ts";
import { expectGolden, transcript } from "./golden.ts";
import { run } from "./run.ts";

const ok: Answer = { json: { ok: true } };
const done: Answer = { json: answer };
const own = "/v1/containers/~";

interface Case {
  argv: string[];
  script: Record<string, Answer | Answer[]>;
}

const config = { config: { "user.a": "1", "user.data": 'two\nlines "quoted"\u001b[2J' } };
const devices = { devices: { data: { path: "/data", source: "/srv", type: "disk" } } };
const liveCases: Case[] = [
  { argv: ["container", "config", "list"], script: { [`GET ${own}/config`]: { json: config } } },
  {
    argv: ["container", "config", "get", "user.a/b"],
    script: { [`GET ${own}/config/user.a%2Fb`]: { json: { value: "two\nlines" } } },
  },
  { argv: ["container", "config", "set", "user.a", ""], script: { [`PATCH ${own}/config`]: ok } },
  { argv: ["container", "config", "unset", "user.a", "--json"], script: { [`PATCH ${own}/config`]: ok } },
  { argv: ["container", "device", "list"], script: { [`GET ${own}/devices`]: { json: devices } } },
  {
    argv: ["container", "device", "add", "data", "type=disk", "path=/a=b"],
    script: { [`PATCH ${own}/devices`]: ok },
  },
  { argv: ["container", "device", "remove", "data"], script: { [`PATCH ${own}/devices`]: ok } },
];

async function transcripts(cases: readonly Case[]): Promise<string> {
  const parts: string[] = [];
  for (const { argv, script } of cases) {
    await using host = await fakeHost(script);
    const ran = await run(argv, { socketPath: host.socketPath });
    const requests = host.requests.map((request) => `asked: ${request}\n`).join("");
    parts.push(transcript(argv, ran) + requests);
  }
  return parts.join("\n");
}

test("hostctl doctor ends with 1 where something is a problem, and tells nothing that was not asked for", async () => {
  const fine = { check: "kernel", status: "ok", message: "Linux 6.1.0" };
  const slow = { check: "decoders", status: "warning", message: "there is no xz", next: "install xz-utils" };
  const broken = { check: "boot hook", status: "problem", message: "has not run", next: "run host-service boot" };
  const doctor = (ok: boolean, ...findings: object[]) => ({ "GET /v1/doctor": { json: { ok, findings } } });
  const refusal = problem("not-allowed", "Cannot call GET /v1/doctor: only the host itself may do this");
  const text = await transcripts([
    { argv: ["doctor"], script: doctor(true, fine, slow) },
    { argv: ["doctor"], script: doctor(false, fine, slow, broken) },
    { argv: ["doctor", "--json"], script: doctor(false, broken) },
    { argv: ["doctor", "--quiet"], script: doctor(false, broken) },
    { argv: ["doctor"], script: { "GET /v1/doctor": { status: 403, json: refusal } } },
  ]);
  await expectGolden("doctor.txt", text);
});

test("hostctl answers of the host's commands", async () => {
  const trial: Answer = { status: 409, json: problem("trial-running", "Cannot reboot: edge is on trial") };
  const never: Answer = {
    status: 403,
    json: problem("not-allowed", "Cannot reboot: the policy refuses it during a trial"),
  };
  const ping = { "GET /v1/ping": ok };
  const text = await transcripts([
    { argv: ["ping"], script: ping },
    { argv: ["ping", "-q"], script: ping },
    { argv: ["--json", "ping"], script: ping },
    { argv: ["ping", "--verbose", "--json", "--quiet"], script: { "GET /v1/ping": ok } },
    { argv: ["reboot"], script: { "POST /v1/system/reboot": ok } },
    { argv: ["reboot"], script: { "POST /v1/system/reboot": [trial, ok] } },
    { argv: ["reboot", "--yes", "--quiet"], script: { "POST /v1/system/reboot": [trial, ok] } },
    { argv: ["reboot"], script: { "POST /v1/system/reboot": [trial, never] } },
    { argv: ["reboot"], script: { "POST /v1/system/reboot": [trial, trial] } },
    { argv: ["suspend"], script: { "POST /v1/system/suspend": ok } },
    {
      argv: ["suspend", "--json"],
      script: {
        "POST /v1/system/suspend": { status: 502, json: problem("power-failed", "Cannot suspend: no driver") },
      },
    },
  ]);
  // The trace tells a time, which differs.
  await expectGolden("host.txt", text.replaceAll(/in \d+ ms/g, "in N ms"));
});

test("hostctl system answers", async () => {
  const system = { ...statuses.trying, name: "host", backend: "partitions", floor: "1.4.0" };
  const first = { ...statuses.empty, name: "host", backend: "rauc" };
  const finished: Answer = { json: { system, warnings: ["not verified\u001b[2J"], operation: answer.operation } };
  const refused = problem("not-supported", "Cannot show the state of the system: there is no [upgrade]");
  const text = await transcripts([
    { argv: ["system", "status"], script: { "GET /v1/system": { json: system } } },
    { argv: ["system", "status"], script: { "GET /v1/system": { json: first } } },
    { argv: ["system", "status", "--json"], script: { "GET /v1/system": { json: first } } },
    { argv: ["system", "status"], script: { "GET /v1/system": { status: 501, json: refused } } },
    { argv: ["system", "commit"], script: { "POST /v1/system/commit": finished } },
    { argv: ["system", "commit", "--expect", "1.5.0"], script: { "POST /v1/system/commit": finished } },
    { argv: ["system", "rollback", "--quiet"], script: { "POST /v1/system/rollback": finished } },
    { argv: ["system", "history"], script: { "GET /v1/system/history": { json: history } } },
  ]);
  await expectGolden("system.txt", text);
});

test("hostctl container answers", async () => {
  const text = await transcripts([
    { argv: ["container", "commit"], script: { [`POST ${own}/commit`]: done } },
    { argv: ["container", "commit", "--expect", "1.5.0"], script: { [`POST ${own}/commit`]: done } },
    { argv: ["container", "commit", "--json"], script: { [`POST ${own}/commit`]: { json: answerWithWarning } } },
    { argv: ["container", "rollback"], script: { [`POST ${own}/rollback`]: { json: answerWithWarning } } },
    { argv: ["container", "rollback", "-q"], script: { [`POST ${own}/rollback`]: { json: answerWithWarning } } },
    { argv: ["container", "try", "--name=edge"], script: { "POST /v1/containers/edge/try": done } },
    { argv: ["container", "start"], script: { [`POST ${own}/start`]: done } },
    { argv: ["container", "stop"], script: { [`POST ${own}/stop`]: done } },
    { argv: ["container", "restart"], script: { [`POST ${own}/restart`]: done } },
    {
      argv: ["container", "--name", "edge", "remove"],
      script: { "DELETE /v1/containers/edge": { json: { removed: "edge", operation: "x" } } },
    },
    {
      argv: ["container", "list"],
      script: { "GET /v1/containers": { json: { containers: [statuses.pending, statuses.empty, statuses.hostile] } } },
    },
    { argv: ["container", "list"], script: { "GET /v1/containers": { json: { containers: [] } } } },
    { argv: ["container", "history"], script: { [`GET ${own}/history`]: { json: history } } },
    ...liveCases,
    { argv: ["container", "logs"], script: { [`GET ${own}/logs`]: () => new Response("one\ntwo\n") } },
    {
      argv: ["container", "logs", "-n", "2", "--boot=-1"],
      script: { [`GET ${own}/logs`]: (request) => new Response(`${new URL(request.url).search}\n`) },
    },
    {
      argv: ["container", "logs", "--follow", "--name", "edge"],
      script: { "GET /v1/containers/edge/logs": (request) => new Response(`${new URL(request.url).search}\n`) },
    },
    {
      argv: ["container", "logs", "--trial"],
      script: { [`GET ${own}/logs`]: (request) => new Response(`${new URL(request.url).search}\n`) },
    },
    {
      argv: ["container", "logs", "--json"],
      script: { [`GET ${own}/logs`]: () => new Response("one\n\u001b[1mtwo\n") },
    },
  ]);
  await expectGolden("container.txt", text);
});

test("hostctl container status answers of every state", async () => {
  const cases = Object.values(statuses).map((status) => ({
    argv: ["container", "status"],
    script: { [`GET ${own}`]: { json: status } },
  }));
  const json = { argv: ["container", "status", "--json"], script: { [`GET ${own}`]: { json: statuses.hostile } } };
  const quiet = { argv: ["container", "status", "--quiet"], script: { [`GET ${own}`]: { json: statuses.normal } } };
  await expectGolden("status.txt", await transcripts([...cases, json, quiet]));
});

test("hostctl prints every problem as one line and ends with its exit code", async () => {
  const codes = Object.keys(problemCodes).filter(isProblemCode);
  expect(codes.length).toBeGreaterThan(10);
  const cases = codes.flatMap((code) => {
    const found = problem(code, `Cannot start "edge": ${code} in words`);
    const script = { [`POST ${own}/start`]: { status: found.status, json: found } };
    return [{ argv: ["container", "start"], script }];
  });
  const busy = problem("busy", "Cannot start: busy\nreally\u001b[2J", {
    operation: "0d6b5a0e-1111-4222-8333-444455556666",
  });
  const later = { ...problem("failed", "Cannot start: from a later daemon"), code: "on-fire" };
  const script = (json: unknown, status: number): Record<string, Answer> => ({
    [`POST ${own}/start`]: { status, json },
  });
  const extra = [
    { argv: ["container", "start", "--json", "--quiet"], script: script(busy, 409) },
    { argv: ["container", "start", "--quiet"], script: script(busy, 409) },
    { argv: ["container", "start"], script: script(later, 418) },
    { argv: ["container", "start"], script: script("no problem document", 500) },
    { argv: ["container", "start"], script: script({ container: "of another shape" }, 200) },
    { argv: ["container", "start"], script: { [`POST ${own}/start`]: () => new Response("<html>") } },
    {
      argv: ["ping"],
      script: { "GET /v1/ping": { status: 403, json: problem("not-allowed", "Cannot ping: not you") } },
    },
  ];
  await expectGolden("problems.txt", await transcripts([...cases, ...extra]));
});
