import { expect, test } from "bun:test";
import type { Answer } from "../kit/device.ts";
import { onDevice } from "../kit/device.ts";
import { beginRequest } from "../kit/half-request.ts";
import { imageOf } from "../kit/images.ts";
import { until } from "../kit/until.ts";

const commit = "/v1/containers/edge/commit";
const seen = ({ status, body }: Answer) => [status, body["code"], body["detail"]];

test("readJson takes an absent, an empty and a blank body for {}", () =>
  onDevice(async (device) => {
    await device.install(imageOf("1.0.0"));
    await device.reboot();
    for (const body of [undefined, "", " \n"]) {
      const answer = await device.call("POST", commit, body === undefined ? {} : { body });
      expect(answer.status).toBe(200);
    }
  }));

test("readJson refuses what is not JSON, has the wrong shape or an unknown key", () =>
  onDevice(async (device) => {
    const bodies: [string, string][] = [
      ["{", "Cannot read the request: its body is not JSON"],
      ["\u0000", "Cannot read the request: its body is not JSON"],
      ["[".repeat(1_000_000), "Cannot read the request: its body is not JSON"],
    ];
    for (const [body, detail] of bodies) {
      expect(seen(await device.call("POST", commit, { body }))).toEqual([400, "invalid-request", detail]);
    }
    for (const body of ["[]", "null", "1", '"x"', '{"expect":1}', '{"expect":null}']) {
      const { status, body: problem } = await device.call("POST", commit, { body });
      expect([body, status, problem["code"]]).toEqual([body, 400, "invalid-request"]);
    }
    expect(seen(await device.call("POST", commit, { body: '{"expected":"1.0.0"}' }))).toEqual([
      400,
      "invalid-request",
      'Cannot read the request: unknown key "expected"; did you mean "expect"?',
    ]);
    expect(device.logged.filter(({ level }) => level === "error")).toEqual([]);
  }));

test("readJson reads no more than its limit and ends the connection", () =>
  onDevice(async (device) => {
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 65_536;
        controller.enqueue(new Uint8Array(65_536).fill(32));
      },
    });
    const { status, headers, body: problem } = await device.call("POST", commit, { body });
    expect([status, problem["code"], headers.get("connection")]).toEqual([413, "too-large", "close"]);
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  }));

test("readJson is quiet about a client that leaves in the middle", () =>
  onDevice(async (device) => {
    const client = await beginRequest(device.socketOf(), `POST ${commit}`, { "content-length": 100 });
    client.send('{"exp');
    // The same daemon has read the first half by the time it answers another client.
    expect((await device.call("GET", "/v1/ping")).status).toBe(200);
    client.leave();
    await until("the client is gone", () => client.isClosed());
    await device.stop();
    expect(device.logged.filter(({ level }) => level === "error")).toEqual([]);
  }));
