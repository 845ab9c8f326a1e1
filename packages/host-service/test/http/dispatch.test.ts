import { expect, test } from "bun:test";
import { pathOf, routes } from "@host-service/protocol";
import type { RouteName } from "@host-service/protocol";
import { expectGolden } from "../kit/golden.ts";
import type { CallOptions, Device } from "../kit/device.ts";
import { onDevice } from "../kit/device.ts";
import { imageOf } from "../kit/images.ts";

const names = Object.keys(routes) as RouteName[];
const parameters = { key: "user.a", name: "~", id: "11111111-1111-4111-8111-111111111111" };

/** The caller, and the ceiling that it has. */
const callers = [
  { what: "the host", as: undefined },
  { what: "a container with every group", as: "edge" },
  { what: "a container without any group", as: "bare" },
  { what: "a container with power alone", as: "lamp" },
] as const;

const ceilings = '[containers.bare]\nallow = []\n[containers.lamp]\nallow = ["power"]\n[power]\ndriver = "none"\n';

async function answerOf(device: Device, name: RouteName, as: string | undefined): Promise<string> {
  const given: CallOptions = as === undefined ? {} : { as };
  // On the host listener the name has to be said: there are three containers.
  const path = pathOf(name, as === undefined ? { ...parameters, name: "edge" } : parameters);
  const { status, body } = await device.call(routes[name].method, path, given);
  return `${status} ${typeof body["code"] === "string" ? body["code"] : "-"}`;
}

test("listenerRoutes answers every route to every caller as the golden file says", () =>
  onDevice(async (device) => {
    for (const name of ["edge", "bare", "lamp"]) {
      expect((await device.install(imageOf("1.0.0", { name }))).status).toBe(200);
    }
    const lines: string[] = [];
    for (const { what, as } of callers) {
      lines.push(`${what}:`);
      // What removes or changes the container comes after what looks at it.
      for (const name of names.toSorted((one, other) => Number(changes(one)) - Number(changes(other)))) {
        // Asking for the events of an operation that never comes waits for it.
        if (name === "operationEvents") continue;
        const { method, path } = routes[name];
        lines.push(`  ${`${method} ${path}`.padEnd(44)} ${await answerOf(device, name, as)}`);
      }
      if (as === undefined) await device.install(imageOf("1.0.0", { name: "edge" }));
    }
    await expectGolden(import.meta.dir, "every-route.txt", `${lines.join("\n")}\n`);
  }, ceilings));

function changes(name: RouteName): boolean {
  return name === "removeContainer";
}

test("authorise names the call, the group and the line for the administrator", () =>
  onDevice(async (device) => {
    await device.install(imageOf("1.0.0", { name: "lamp" }));
    const { body } = await device.call("GET", "/v1/containers", { as: "lamp" });
    expect(body).toEqual({
      type: "urn:host-service:problem:not-allowed",
      title: "The caller may not do this",
      status: 403,
      code: "not-allowed",
      detail:
        'Cannot call GET /v1/containers: "lamp" is not granted "container"; the host\'s administrator grants it with ' +
        '[containers.lamp] allow = ["power","container"]',
    });
  }, ceilings));

test("answerUnknown tells an unknown path from a wrong method", () =>
  onDevice(async (device) => {
    const asked = async (method: string, path: string) => {
      const { status, headers, body } = await device.call(method, path);
      return [status, body["code"], headers.get("allow")];
    };
    expect(await asked("GET", "/")).toEqual([404, "not-found", null]);
    expect(await asked("GET", "/v1/nothing")).toEqual([404, "not-found", null]);
    expect(await asked("GET", "/v1/containers/")).toEqual([404, "not-found", null]);
    expect(await asked("POST", "/v1")).toEqual([405, "method-not-allowed", "GET"]);
    expect(await asked("PUT", "/v1/containers/edge")).toEqual([405, "method-not-allowed", "GET, DELETE"]);
    expect(await asked("PATCH", "/v1/containers/edge/install")).toEqual([405, "method-not-allowed", "POST"]);
  }));

test("answerUnknown ends a body that nobody reads", () =>
  onDevice(async (device) => {
    const { status, headers } = await device.call("PUT", "/v1/containers/edge/install", { body: "x".repeat(100_000) });
    expect([status, headers.get("connection")]).toEqual([405, "close"]);
  }));

test("listenerRoutes refuses names that are none", () =>
  onDevice(async (device) => {
    for (const name of ["..", ".hidden", "a b", "-edge", "x".repeat(64), "%zz", "a/b"]) {
      const path = `/v1/containers/${name === "%zz" ? name : encodeURIComponent(name)}/history`;
      const { status, body } = await device.call("GET", path);
      expect([name, status, body["code"]]).toEqual([
        name,
        name === ".." ? 404 : 400,
        name === ".." ? "not-found" : "invalid-request",
      ]);
    }
  }));
