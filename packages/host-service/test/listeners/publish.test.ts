import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmod, lstat, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { publishSocket } from "../../source/listeners/publish.ts";

let directory: string;
const servers: { stop(): unknown }[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "publish-"));
});
afterAll(async () => {
  for (const server of servers) await server.stop();
  await rm(directory, { recursive: true, force: true });
});

function publish(path: string, body: string, mode = 0o600): Promise<void> {
  const bind = (born: string) => {
    servers.push(Bun.serve({ unix: born, fetch: () => new Response(body) }));
  };
  return publishSocket(path, { mode, nursery: directory, bind });
}

async function answerOf(path: string): Promise<string> {
  return await (await fetch("http://x/", { unix: path })).text();
}

async function modeOf(path: string): Promise<number> {
  return (await lstat(path)).mode & 0o777;
}

test("publishSocket gives the mode and leaves nothing beside", async () => {
  const path = join(directory, "one");
  await publish(path, "first");
  expect(await answerOf(path)).toBe("first");
  expect(await modeOf(path)).toBe(0o600);
  expect(await readdir(directory)).toEqual(["one"]);
});

test("publishSocket takes the place of an earlier socket and keeps the mode that somebody gave it", async () => {
  const path = join(directory, "two");
  await publish(path, "first");
  await chmod(path, 0o666);
  await publish(path, "second");
  expect(await answerOf(path)).toBe("second");
  expect(await modeOf(path)).toBe(0o666);
});

test("publishSocket leaves alone what is not a socket", async () => {
  const path = join(directory, "file");
  await writeFile(path, "precious");
  expect(publish(path, "x")).rejects.toMatchObject({ kind: "in-the-way" });
});

test("publishSocket says that a path is too long before anything is made", async () => {
  expect(publish(join(directory, "x".repeat(120)), "x")).rejects.toMatchObject({ kind: "path-too-long" });
});
