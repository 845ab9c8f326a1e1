import { expect, test } from "bun:test";
import { on, onBoth, withFixture } from "../kit/on-both.ts";
import { ask, get, valueOf, Wire } from "../kit/wire.ts";
import type { HttpAnswer } from "../kit/wire.ts";

const text = (answer: HttpAnswer) => [answer.status, answer.body.toString("utf8")];
const pageNotFound = [404, "404 page not found\n"];
const names = (answer: HttpAnswer) =>
  answer.headers.map(([name]) => name.toLowerCase()).toSorted((a, b) => (a < b ? -1 : 1));

onBoth("G1: / lists the one version, whatever the verb", async ({ path }) => {
  for (const method of ["GET", "POST", "PUT", "DELETE", "OPTIONS"]) {
    const answer = await get(path, "/", method);
    expect(text(answer)).toEqual([200, '["/1.0"]\n']);
    expect(names(answer)).toEqual(["content-length", "content-type", "date"]);
    expect(valueOf(answer, "content-type")).toBe("application/json");
  }
  // An invented verb never gets through Bun's HTTP parser: it closes the connection (masked by 11.1).
  const wire = await Wire.open(path);
  wire.send("FROB / HTTP/1.1\r\nHost: a\r\n\r\n");
  await wire.ended();
  expect(wire.received.toString("latin1")).toBe("");
});

on("incus", "G2: /1.0 in its order, with the host's name", async ({ path }) => {
  const body = '{"state":"Started","api_version":"1.0","instance_type":"container","location":"h1"}\n';
  expect(text(await get(path, "/1.0"))).toEqual([200, body]);
});

on("lxd", "G3: /1.0 tells neither state nor host", async ({ path }) => {
  const body = '{"state":"","api_version":"1.0","instance_type":"container","location":"none"}\n';
  expect(text(await get(path, "/1.0"))).toEqual([200, body]);
});

onBoth("G4 G59: unknown paths are not found, ubuntu-pro's as well", async ({ path }) => {
  const targets = [
    "/1.0/",
    "/1.0/config/",
    "/2.0",
    "/1.0/nope",
    "/1.0/config/a/b",
    "/1.0/images/abc",
    "/1.0/images//export",
  ];
  const pro = [
    "/1.0/ubuntu-pro",
    "/1.0/ubuntu-pro/token",
    "/1.0/devices/",
    "/1.0/config/user.foo/",
    "/1.0/events/x",
    "/x",
  ];
  for (const target of [...targets.slice(0, -1), ...pro]) {
    for (const method of ["GET", "POST"])
      expect([target, ...text(await get(path, target, method))]).toEqual([target, ...pageNotFound]);
  }
});

onBoth("G5: a path with double slashes is sent to the clean one, and the connection goes on", async ({ path }) => {
  const wire = await Wire.open(path);
  for (const [target, clean] of [
    ["//", "/"],
    ["/1.0//config", "/1.0/config"],
    ["//1.0/config/", "/1.0/config/"],
    ["/1.0//config?a=b", "/1.0/config?a=b"],
  ] as const) {
    wire.send(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
    const answer = await wire.answer();
    expect([target, answer.status, valueOf(answer, "location"), names(answer)]).toEqual([
      target,
      301,
      clean,
      ["content-length", "date", "location"],
    ]);
  }
  // Without a Host the runtime leaves the target as it was sent; with one it resolves ".." itself (masked by 11.1).
  const old = await ask(path, "GET /1.0/config/../devices HTTP/1.0\r\n\r\n");
  expect([old.status, valueOf(old, "location")]).toEqual([301, "/1.0/devices"]);
  wire.close();
});

onBoth(
  "G6: the list has exactly the visible keys, also a profile's, as they are; [] where there are none",
  async (fixture) => {
    fixture.set({ config: { "user.fromprofile": "p", "cloud-init.x": "", "USER.a": "1" } }, 0);
    const expected = [
      "cloud-init.user-data",
      "user.foo",
      "user.fromprofile",
      "user.html",
      "user.meta-data",
      "user.multi",
      "user.with space",
      "user.with/slash",
    ];
    const body = `${JSON.stringify(expected.map((key) => `/1.0/config/${key}`))}\n`;
    for (const target of ["/1.0/config", "/1.0/config?recursion=1"])
      expect(text(await get(fixture.path, target))).toEqual([200, body]);
    fixture.guest.update([{ config: { "security.nesting": "true" }, devices: {} }]);
    expect(text(await get(fixture.path, "/1.0/config"))).toEqual([200, "[]\n"]);
  },
);

onBoth("G7: values are the exact bytes", async (fixture) => {
  for (const value of [
    "a\nb",
    '<a href="x">&amp; é</a>',
    "bar %s bar",
    "\u0000\u0001\t\r\n",
    "日本語 🦊",
    " ",
    "x".repeat(100_000),
  ]) {
    fixture.set({ config: { "user.v": value } });
    const answer = await get(fixture.path, "/1.0/config/user.v");
    expect(text(answer)).toEqual([200, value]);
    expect(valueOf(answer, "content-length")).toBe(String(Buffer.byteLength(value)));
    expect(valueOf(answer, "content-type")).toBe("application/octet-stream");
  }
});

onBoth("G8: escapes are decoded segment by segment", async ({ path }) => {
  expect(text(await get(path, "/1.0/config/user%2Efoo"))).toEqual([200, "bar"]);
  expect(text(await get(path, "/1.0/config/user.with%20space"))).toEqual([200, "v1"]);
  expect(text(await get(path, "/1.0/config/user.with%2Fslash"))).toEqual([200, "v2"]);
  expect(text(await get(path, "/1.0/config/user.with/slash"))).toEqual(pageNotFound);
  expect(text(await get(path, "/1.0/config/user%2efoo%ff"))).toEqual([404, "not found\n"]);
  expect((await get(path, "/1.0/config/user%zz")).status).toBe(400);
});

onBoth("G9: forbidden keys are forbidden whether they exist or not", async ({ path }) => {
  for (const key of [
    "security.nesting",
    "security.nope",
    "limits.memory",
    "volatile.uuid",
    "volatile.x",
    "USER.foo",
    "user",
    "image.os",
    "__proto__",
  ]) {
    expect([key, ...text(await get(path, `/1.0/config/${key}`))]).toEqual([key, 403, "not authorized\n"]);
  }
});

onBoth("G10: what is unset or empty is not found", async (fixture) => {
  fixture.set({ config: { "user.empty": "" } });
  for (const key of ["user.unset", "user.empty", "user.", "cloud-init.", "cloud-init.vendor-data", "user.__proto__"]) {
    expect([key, ...text(await get(fixture.path, `/1.0/config/${key}`))]).toEqual([key, 404, "not found\n"]);
  }
});

onBoth("G14: another verb is answered like GET and changes nothing", async (fixture) => {
  const before = JSON.stringify(fixture.guest.merged);
  for (const target of ["/1.0/config", "/1.0/config/user.foo", "/1.0/devices", "/1.0/meta-data"]) {
    const wanted = text(await get(fixture.path, target));
    for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
      const request = `${method} ${target} HTTP/1.1\r\nHost: a\r\nContent-Length: 16\r\n\r\n{"user.foo":"x"}`;
      expect([method, ...text(await ask(fixture.path, request))]).toEqual([method, ...wanted]);
    }
    expect((await get(fixture.path, target, "HEAD")).status).toBe(200);
  }
  expect(JSON.stringify(fixture.guest.merged)).toBe(before);
});

on("incus", "G20: /1.0 allows GET and PATCH alone", async ({ path }) => {
  for (const method of ["PUT", "POST", "DELETE", "OPTIONS"]) {
    const answer = await get(path, "/1.0", method);
    expect(text(answer)).toEqual([405, `method "${method}" not allowed\n`]);
    expect(valueOf(answer, "allow")).toBeUndefined();
  }
  const head = await get(path, "/1.0", "HEAD");
  expect([head.status, valueOf(head, "content-length")]).toEqual([405, String('method "HEAD" not allowed\n'.length)]);
});

on("lxd", "G21: every verb on /1.0 is like GET, and PATCH changes nothing", async (fixture) => {
  const wanted = text(await get(fixture.path, "/1.0"));
  for (const body of ['{"state":"Ready"}', "{state", ""]) {
    const request = `PATCH /1.0 HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    expect(text(await ask(fixture.path, request))).toEqual(wanted);
  }
  for (const method of ["PUT", "POST", "DELETE", "OPTIONS"])
    expect(text(await get(fixture.path, "/1.0", method))).toEqual(wanted);
  expect([fixture.guest.ready, fixture.readied]).toEqual([undefined, []]);
});

onBoth("G22: pipelined requests are answered in their order, past bodies that nobody wanted", async ({ path }) => {
  const wire = await Wire.open(path);
  const post = "POST /1.0/config/user.foo HTTP/1.1\r\nHost: a\r\n";
  wire.send(
    `${post}Content-Length: 5\r\n\r\nGET /GET / HTTP/1.1\r\nHost: a\r\n\r\n${post}Transfer-Encoding: chunked\r\n\r\n3\r\nGET\r\n0\r\n\r\n`,
  );
  wire.send(
    "GET /1.0/nope HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /1.0/meta-data HTTP/1.1\r\nHost: a\r\n\r\n",
  );
  const statuses: unknown[] = [];
  for (let index = 0; index < 5; index++) statuses.push((await wire.answer()).body.toString("utf8").slice(0, 8));
  expect(statuses).toEqual(["bar", '["/1.0"]', "bar", "404 page", "#cloud-c"]);
  wire.close();
});

onBoth("G23: HTTP/1.0, Connection: close and the absolute form", async ({ path }) => {
  for (const request of [
    "GET /1.0/config/user.foo HTTP/1.0\r\n\r\n",
    "GET /1.0/config/user.foo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
  ]) {
    const wire = await Wire.open(path);
    wire.send(request);
    expect(text(await wire.answer())).toEqual([200, "bar"]);
    await wire.ended();
  }
  expect(text(await ask(path, "GET http://x/1.0/config/user.foo HTTP/1.1\r\nHost: y\r\n\r\n"))).toEqual([200, "bar"]);
});

onBoth("G24: what is no request is refused and closed; Bun's own answers, without a body", async ({ path }) => {
  const broken: [string, number][] = [
    ["GET /1.0 HTTP/1.1\r\n\r\n", 400],
    ["HELLO\r\n\r\n", 400],
    ["GET 1.0 HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    // Who sends much more is cut off while it sends, and may not come to read why.
    [`GET /1.0 HTTP/1.1\r\nHost: a\r\nX-Long: ${"y".repeat(20_000)}\r\n\r\n`, 431],
  ];
  for (const [request, status] of broken) {
    const wire = await Wire.open(path);
    wire.send(request);
    await wire.ended();
    expect([request.slice(0, 20), wire.received.toString("latin1").split(" ")[1]]).toEqual([
      request.slice(0, 20),
      String(status),
    ]);
  }
});

onBoth("G25: Expect: 100-continue is answered with 100 and the final answer; Bun's way for both", async ({ path }) => {
  const wire = await Wire.open(path);
  wire.send("PATCH /1.0 HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 17\r\n\r\n");
  expect(await wire.header()).toStartWith("HTTP/1.1 100 Continue");
  wire.send('{"state":"Ready"}');
  expect((await wire.answer()).status).toBe(200);
  wire.close();
});

onBoth("G26: Accept and Accept-Encoding change nothing", async ({ path }) => {
  for (const header of [
    "Accept: application/yaml",
    "Accept-Encoding: gzip, deflate",
    "Content-Type: application/x-yaml",
  ]) {
    const answer = await ask(path, `GET /1.0/devices HTTP/1.1\r\nHost: a\r\n${header}\r\n\r\n`);
    expect(names(answer)).toEqual(["content-length", "content-type", "date"]);
    expect(answer.body.toString("utf8")).toStartWith('{"eth0":');
  }
});

onBoth("G27: no header but those that are named", async (fixture) => {
  const allowed = new Set(["content-type", "content-length", "date", "x-content-type-options", "location"]);
  for (const target of [
    "/",
    "/1.0",
    "/1.0/config",
    "/1.0/config/user.foo",
    "/1.0/config/x",
    "/1.0/config/user.x",
    "/1.0/devices",
    "/1.0/meta-data",
    "/nope",
    "//",
    "/1.0/images/x/export",
  ]) {
    const found = names(await get(fixture.path, target));
    expect([target, found.filter((name) => !allowed.has(name))]).toEqual([target, []]);
  }
});

onBoth("G53: what a kept connection may still ask when the API is off", async (fixture) => {
  const wire = await Wire.open(fixture.path);
  const asked = async (target: string, method = "GET") => {
    wire.send(`${method} ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
    return (await wire.answer()).status;
  };
  expect(await asked("/1.0/config")).toBe(200);
  fixture.set({ config: { "security.guestapi": "false" } });
  const isIncus = fixture.flavour === "incus";
  expect([await asked("/"), await asked("/1.0"), await asked("/1.0", "PATCH")]).toEqual([
    200,
    isIncus ? 200 : 403,
    403,
  ]);
  for (const target of [
    "/1.0/config",
    "/1.0/config/user.foo",
    "/1.0/config/security.x",
    "/1.0/devices",
    "/1.0/meta-data",
    "/1.0/events",
    "/1.0/images/x/export",
  ]) {
    expect([target, await asked(target)]).toEqual([target, 403]);
  }
  expect(await asked("/1.0/nope")).toBe(404);
  fixture.set({ config: { "security.guestapi": "" } });
  expect(await asked("/1.0/config")).toBe(200);
  wire.close();
});

test("a body above 4 MiB is answered with 413, and the connection ends", () =>
  withFixture("incus", async ({ path }) => {
    const wire = await Wire.open(path);
    wire.send(`PATCH /1.0 HTTP/1.1\r\nHost: a\r\nContent-Length: ${5 * 1024 * 1024}\r\n\r\n${" ".repeat(4_300_000)}`);
    expect((await wire.answer()).status).toBe(413);
    await wire.ended();
  }));
