import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { problem } from "@host-service/protocol";
import { statuses } from "./examples.ts";
import { eventStream, fakeHost } from "./fake-host.ts";
import type { Answer } from "./fake-host.ts";
import { run } from "./run.ts";

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "hostctl-upgrade-"));
  await Bun.write(join(directory, "firmware.mender"), "the artifact");
  await Bun.write(join(directory, "disk.img"), "the image");
  await Bun.write(join(directory, "disk.img.minisig"), "the signature");
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const upgrade = "POST /v1/system/upgrade";
const success = "Upgrade installed successfully. Please reboot to complete the process.\n";
const system = { ...statuses.pending, name: "host", backend: "partitions" };
const answer = { system, warnings: ["not verified: no keys are configured"], operation: "x" };
const events = "GET /v1/operations/*/events";

function info(features: string[]): Record<string, Answer> {
  const json = { name: "host-service", version: "0.1.0", api: 1, features, bootId: "boot", listener: "host" };
  return { "GET /v1": { json } };
}

const accepted = { id: "x", action: "upgrade", state: "running", startedAt: "2026-11-22T00:00:00Z", events: "/x" };
const finished: Record<string, Answer> = {
  [upgrade]: { status: 202, json: accepted },
  [events]: () => eventStream([{ type: "result", operation: "x", result: answer }]),
};

test("upgrade names the file, its signature beside it, and what the caller says of it", async () => {
  await using host = await fakeHost({ ...info(["path"]), ...finished });
  const { socketPath } = host;
  const digest = "AB".repeat(32);
  const ran = await run(["system", "upgrade", "disk.img", "--sha256", digest, "--allow-downgrade"], {
    socketPath,
    directory,
  });
  expect(ran).toEqual({ stdout: success, stderr: "warning: not verified: no keys are configured\n", exit: 0 });
  const named = {
    sha256: digest.toLowerCase(),
    allowDowngrade: true,
    fileName: "disk.img",
    source: { path: join(directory, "disk.img") },
    signature: { path: join(directory, "disk.img.minisig") },
  };
  expect(host.requests[1]).toBe(`${upgrade} ${JSON.stringify(named)}`);
});

test("the short form is the same command, and an artifact needs nothing beside it", async () => {
  await using host = await fakeHost({ ...info(["path"]), ...finished });
  const ran = await run(["upgrade", "firmware.mender"], { socketPath: host.socketPath, directory });
  expect(ran.stdout).toBe(success);
  const named = { fileName: "firmware.mender", source: { path: join(directory, "firmware.mender") } };
  expect(host.requests[1]).toBe(`${upgrade} ${JSON.stringify(named)}`);
});

test("upgrade streams a file, and standard input, with what the caller says in the request's head", async () => {
  const seen: unknown[] = [];
  const take = async (request: Request) => {
    const { search } = new URL(request.url);
    seen.push([
      await request.text(),
      search,
      request.headers.get("content-type"),
      request.headers.get("content-digest"),
    ]);
    return Response.json(answer);
  };
  await using host = await fakeHost({ ...info([]), [upgrade]: take, [events]: () => eventStream([]) });
  const { socketPath } = host;
  const stream = ["--transfer", "stream", "--quiet"];
  expect((await run(["upgrade", "firmware.mender", ...stream], { socketPath, directory })).exit).toBe(0);
  const more = ["--allow-downgrade", "--sha256", "00".repeat(32)];
  const piped = await run(["upgrade", "-", ...more], { socketPath, directory, stdin: new Blob(["from a pipe"]) });
  expect(piped.stdout).toBe(success);
  const type = "application/octet-stream";
  expect(seen).toEqual([
    ["the artifact", "", type, null],
    ["from a pipe", "?allow-downgrade=true", type, `sha-256=:${Buffer.alloc(32).toString("base64")}:`],
  ]);
});

test("upgrade says on one line why it failed, and ends with the problem's code", async () => {
  const refused = problem("image-refused", "Cannot install the artifact: it is for edge-y9", { class: "incompatible" });
  await using host = await fakeHost({ ...info(["path"]), [upgrade]: { status: 422, json: refused } });
  const { socketPath } = host;
  const ran = await run(["upgrade", "firmware.mender"], { socketPath, directory });
  expect(ran).toEqual({ stdout: "Cannot install the artifact: it is for edge-y9\n", stderr: "", exit: 5 });
  const json = await run(["upgrade", "firmware.mender", "--json"], { socketPath, directory });
  expect(JSON.parse(json.stdout)).toEqual({ ...refused });
});

test("upgrade refuses what cannot be sent, before it asks the daemon", async () => {
  await using host = await fakeHost({});
  const { socketPath } = host;
  const said: Record<string, string> = {};
  for (const argv of [
    ["upgrade", "missing.mender"],
    ["upgrade", "firmware.mender", "--sha256", "12"],
    ["upgrade", "firmware.mender", "--signature", "missing"],
    ["upgrade", "-", "--transfer", "fd"],
    ["upgrade"],
  ]) {
    const { stdout, exit } = await run(argv, { socketPath, directory, stdin: new Blob([]) });
    said[argv.slice(1).join(" ")] = `${exit} ${stdout.trim()}`;
  }
  expect(said).toMatchInlineSnapshot(`
    {
      "": "2 Cannot run "hostctl upgrade": <file> is missing",
      "- --transfer fd": "2 Cannot upgrade with "-" and --transfer fd: standard input is always streamed",
      "firmware.mender --sha256 12": "2 Cannot use --sha256 "12": a digest has 64 hexadecimal digits",
      "firmware.mender --signature missing": "1 Cannot upgrade with "missing": there is no such file; check the path",
      "missing.mender": "1 Cannot upgrade with "missing.mender": there is no such file; check the path",
    }
  `);
  expect(host.requests).toEqual([]);
});
