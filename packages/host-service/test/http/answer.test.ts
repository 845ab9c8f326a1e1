import { expect, test } from "bun:test";
import { onDevice } from "../kit/device.ts";
import { beginRequest } from "../kit/half-request.ts";
import { imageOf } from "../kit/images.ts";
import { until } from "../kit/until.ts";

const id = "11111111-1111-4111-8111-111111111111";

test("answerFor answers 202 with the operation where that is preferred, and it goes on", () =>
  onDevice(async (device) => {
    const forms = ["respond-async", "wait=10, Respond-Async", "respond-async; x=1"];
    for (const [index, prefer] of forms.entries()) {
      const answer = await device.install(imageOf(`1.0.${index}`), { headers: { prefer } });
      const operation = String(answer.body["id"]);
      expect([answer.status, answer.headers.get("location"), answer.headers.get("preference-applied")]).toEqual([
        202,
        `/v1/operations/${operation}`,
        "respond-async",
      ]);
      expect(answer.body).toMatchObject({ state: "running", action: "install" });
      const events = await (await device.fetch("GET", `/v1/operations/${operation}/events`)).text();
      expect(JSON.parse(events.trimEnd().split("\n").at(-1) ?? "")).toMatchObject({ type: "result", operation });
    }
  }));

test("answerFor waits for the end without the preference", () =>
  onDevice(async (device) => {
    for (const prefer of ["wait=10", "handling=lenient", "respond-asynchronously"]) {
      expect((await device.install(imageOf("1.0.0"), { headers: { prefer } })).status).toBe(200);
    }
  }));

test("answerFor ends the connection of a body that it does not want any more", () =>
  onDevice(async (device) => {
    const client = await beginRequest(device.socketOf(), "POST /v1/containers/edge/install", {
      "content-type": "application/x-tar",
      "content-length": 1e9,
      "operation-id": id,
    });
    client.send(new Uint8Array(1000));
    await until("the operation has begun", async () => (await device.fetch("GET", `/v1/operations/${id}`)).ok);
    expect((await device.call("DELETE", `/v1/operations/${id}`)).body).toMatchObject({ state: "cancelled" });
    await until("the client is sent away", () => client.isClosed());
    expect(client.answer()).toStartWith("HTTP/1.1 409 ");
    expect(client.answer().toLowerCase()).toContain("\r\nconnection: close\r\n");
    expect(client.answer()).toContain('"code":"cancelled"');
  }));
