import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { headers, problem } from "@host-service/protocol";
import { answer, answerWithWarning } from "./examples.ts";
import { eventStream, fakeHost } from "./fake-host.ts";
import type { Answer } from "./fake-host.ts";
import { run, start } from "./run.ts";

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "hostctl-install-"));
  await Bun.write(join(directory, "config.yaml"), "name: edge\nversion: 1.5.0\n");
  await Bun.write(join(directory, "rootfs.img"), await new Bun.Archive({ "bin/sh": "#!" }).bytes());
  await Bun.write(join(directory, "bundle.tar"), "the bundle's bytes");
  await writeFile(join(directory, "empty"), "");
  await symlink("rootfs.img", join(directory, "link.tar"));
  await symlink("/dev/null", join(directory, "device-link"));
  await symlink("nothing", join(directory, "dangling"));
  await Bun.spawn(["mkfifo", join(directory, "fifo")]).exited;
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const install = "POST /v1/containers/~/install";
const events = "GET /v1/operations/*/events";
const cancel = "DELETE /v1/operations/*";

function info(features: string[]): Record<string, Answer> {
  const json = { name: "host-service", version: "0.1.0", api: 1, features, bootId: "boot", listener: "host" };
  return { "GET /v1": { json } };
}

const operation = {
  id: "0d6b5a0e-1111-4222-8333-444455556666",
  action: "install",
  state: "running",
  startedAt: "2026-11-22T00:00:00Z",
  events: "/v1/operations/x/events",
};
const progress = {
  type: "progress",
  operation: "x",
  phase: "receive",
  part: "rootfs.tar.xz",
  bytes: 5,
  bytesTotal: 10,
};
const unpacking = { type: "progress", operation: "x", phase: "unpack", entries: 12, percent: 100 };
const result = { type: "result", operation: "x", result: answerWithWarning };

test("install names the files by their real absolute path where the daemon takes paths", async () => {
  const script = {
    ...info(["path"]),
    [install]: { status: 202, json: operation },
    [events]: () => eventStream(["", progress, result]),
  };
  await using host = await fakeHost(script);
  const ran = await run(["container", "install", "config.yaml", "link.tar"], {
    socketPath: host.socketPath,
    directory,
  });
  expect(ran).toEqual({
    stdout: "OK\n",
    stderr: 'warning: the candidate "1.4.9" was dropped: it had not been booted\n',
    exit: 0,
  });
  const sources = { config: { path: join(directory, "config.yaml") }, rootfs: { path: join(directory, "rootfs.img") } };
  expect(host.requests[1]).toBe(`${install} ${JSON.stringify(sources)}`);
});

test("install prints the problem that ends the events", async () => {
  const error = { type: "error", operation: "x", problem: problem("no-space", "Cannot unpack: 10 MB are missing") };
  const script = {
    ...info(["path"]),
    [install]: { status: 202, json: operation },
    [events]: () => eventStream([progress, error]),
  };
  await using host = await fakeHost(script);
  const ran = await run(["container", "install", "config.yaml", "rootfs.img"], {
    socketPath: host.socketPath,
    directory,
  });
  expect(ran).toEqual({ stdout: "Cannot unpack: 10 MB are missing\n", stderr: "", exit: 7 });
});

test("install asks the operation where the events end early", async () => {
  const script = {
    ...info(["path"]),
    [install]: { status: 202, json: operation },
    [events]: () => eventStream([progress]),
    "GET /v1/operations/*": [{ json: operation }, { json: { ...operation, state: "done", result: answer } }],
  };
  await using host = await fakeHost(script);
  const ran = await run(["container", "install", "config.yaml", "rootfs.img"], {
    socketPath: host.socketPath,
    directory,
  });
  expect(ran).toEqual({ stdout: "OK\n", stderr: "", exit: 0 });
});

test("install streams a bundle of the parts where the daemon takes no paths", async () => {
  let body = new ArrayBuffer();
  let sent: Record<string, string | null> = {};
  const take: Answer = async (request) => {
    body = await request.arrayBuffer();
    sent = { type: request.headers.get("content-type"), bytes: request.headers.get("content-length") };
    return Response.json(answer);
  };
  await using host = await fakeHost({ ...info([]), [install]: take, [events]: () => eventStream([progress, result]) });
  const ran = await run(["container", "install", "config.yaml", "rootfs.img"], {
    socketPath: host.socketPath,
    directory,
  });
  expect(ran).toEqual({ stdout: "OK\n", stderr: "", exit: 0 });
  expect(sent).toEqual({ type: "application/x-tar", bytes: String(body.byteLength) });
  const files = await new Bun.Archive(body).files();
  expect([...files.keys()]).toEqual(["config.yaml", "rootfs.tar"]);
});

test("install sends a bundle file and standard input as the body", async () => {
  const bodies: string[] = [];
  const take: Answer = async (request) => {
    bodies.push(await request.text());
    return Response.json(answer);
  };
  await using host = await fakeHost({ [install]: take, [events]: () => eventStream([]) });
  const socketPath = host.socketPath;
  const file = await run(["container", "install", "bundle.tar"], { socketPath, directory });
  const input = await run(["container", "install", "-"], { socketPath, directory, stdin: new Blob(["from the pipe"]) });
  expect([file, input]).toEqual([
    { stdout: "OK\n", stderr: "", exit: 0 },
    { stdout: "OK\n", stderr: "", exit: 0 },
  ]);
  expect(bodies).toEqual(["the bundle's bytes", "from the pipe"]);
});

test("install prints an early refusal while the body is still being sent", async () => {
  const refuse: Answer = { status: 409, json: problem("busy", "Cannot install: another operation is running") };
  await using host = await fakeHost({ [install]: refuse, [events]: () => eventStream([]) });
  const endless = new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(new Uint8Array(65536)) });
  const ran = await run(["container", "install", "-"], { socketPath: host.socketPath, stdin: endless });
  expect(ran).toEqual({ stdout: "Cannot install: another operation is running\n", stderr: "", exit: 6 });
});

test("install shows progress on standard error in the style that is asked for", async () => {
  const script = {
    ...info(["path"]),
    [install]: { status: 202, json: operation },
    [events]: () => eventStream([progress, unpacking, result]),
  };
  await using host = await fakeHost(script);
  const words = ["container", "install", "config.yaml", "rootfs.img", "--progress"];
  const stderrOf = async (style: string): Promise<string> =>
    (await run([...words, style], { socketPath: host.socketPath, directory })).stderr.replace(/warning: .*\n/, "");
  expect(await stderrOf("auto")).toBe("");
  expect(await stderrOf("none")).toBe("");
  expect(await stderrOf("plain")).toBe("receiving rootfs.tar.xz: 50 %, 5 B of 10 B\nunpacking: 99 %, 12 entries\n");
  expect(await stderrOf("json")).toBe(
    [progress, unpacking, result].map((event) => `${JSON.stringify(event)}\n`).join(""),
  );
});

test("install cancels with the first interrupt and prints what the daemon says", async () => {
  const cancelled = Promise.withResolvers<object>();
  const reached = Promise.withResolvers<void>();
  const error = { type: "error", operation: "x", problem: problem("cancelled", "Cannot install: it was cancelled") };
  const script: Record<string, Answer> = {
    ...info(["path"]),
    [install]: { status: 202, json: operation },
    [events]: () => {
      reached.resolve();
      return eventStream([progress, cancelled.promise]);
    },
    [cancel]: () => {
      cancelled.resolve(error);
      return Response.json(operation);
    },
  };
  await using host = await fakeHost(script);
  const child = start(["container", "install", "config.yaml", "rootfs.img"], {
    socketPath: host.socketPath,
    directory,
  });
  await reached.promise;
  child.kill("SIGINT");
  expect(await child.stdout.text()).toBe("Cannot install: it was cancelled\n");
  expect(await child.exited).toBe(1);
});

test("install leaves with the second interrupt", async () => {
  const reached = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const script: Record<string, Answer> = {
    ...info(["path"]),
    [install]: { status: 202, json: operation },
    [events]: () => {
      reached.resolve();
      return eventStream([progress, new Promise<object>(() => undefined)]);
    },
    [cancel]: () => {
      asked.resolve();
      return Response.json(operation);
    },
  };
  await using host = await fakeHost(script);
  const child = start(["container", "install", "config.yaml", "rootfs.img"], {
    socketPath: host.socketPath,
    directory,
  });
  await reached.promise;
  child.kill("SIGINT");
  await asked.promise;
  child.kill("SIGINT");
  expect(await child.stdout.text()).toBe("Cannot wait for the end: interrupted; host-service may still be at work\n");
  await child.exited;
  expect(child.signalCode).toBe("SIGINT");
});

test("install cancels a body that has stalled", async () => {
  const cancelled = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  const script: Record<string, Answer> = {
    [install]: async () => {
      reached.resolve();
      await cancelled.promise;
      return Response.json(problem("cancelled", "Cannot install: it was cancelled"), { status: 409 });
    },
    [events]: () => eventStream([]),
    [cancel]: () => {
      cancelled.resolve();
      return Response.json(operation);
    },
  };
  await using host = await fakeHost(script);
  const stalled = new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(new Uint8Array(1000)) });
  const child = start(["container", "install", "-"], { socketPath: host.socketPath, stdin: stalled });
  await reached.promise;
  child.kill("SIGINT");
  expect(await child.stdout.text()).toBe("Cannot install: it was cancelled\n");
  expect(await child.exited).toBe(1);
});

test("install refuses files that cannot be sent, before it asks the daemon", async () => {
  await using host = await fakeHost({});
  const server = Bun.listen({ unix: join(directory, "socket"), socket: { data: () => undefined } });
  const lines: string[] = [];
  for (const file of [
    "missing",
    ".",
    "fifo",
    "socket",
    "device-link",
    "/dev/null",
    "dangling",
    "empty",
    "config.yaml/x",
  ]) {
    const ran = await run(["container", "install", "config.yaml", file], { socketPath: host.socketPath, directory });
    lines.push(`${ran.exit} ${ran.stdout}${ran.stderr}`);
  }
  server.stop();
  expect(lines.join("")).toBe(
    [
      '1 Cannot install "missing": there is no such file; check the path',
      '1 Cannot install ".": it is a directory, not an image; give the rootfs archive',
      '1 Cannot install "fifo": it is a FIFO, not a regular file; give the rootfs archive',
      '1 Cannot install "socket": it is a socket, not a regular file; give the rootfs archive',
      '1 Cannot install "device-link": it is a device, not a regular file; give the rootfs archive',
      '1 Cannot install "/dev/null": it is a device, not a regular file; give the rootfs archive',
      '1 Cannot install "dangling": it is a symbolic link to a file that does not exist; check where it leads',
      '1 Cannot install "empty": it is empty; give the rootfs archive',
      '1 Cannot install "config.yaml/x": a part of the path before the last is not a directory; check the path',
      "",
    ].join("\n"),
  );
  expect(host.requests).toEqual([]);
});

test("install sends an operation id of its own choice", async () => {
  let id: string | null = null;
  const take: Answer = (request) => {
    id = request.headers.get(headers.operationId);
    return Response.json(answer);
  };
  await using host = await fakeHost({ [install]: take, [events]: () => eventStream([]) });
  await run(["container", "install", "bundle.tar"], { socketPath: host.socketPath, directory });
  expect(id ?? "").toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(host.requests).toContain(`GET /v1/operations/${id ?? ""}/events`);
});
