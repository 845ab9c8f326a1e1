// Requests that are not of the protocol, or that their caller may not make.
import { json, request } from "../kit/api.ts";
import type { ApiRequest, JsonAnswer } from "../kit/api.ts";
import type { Device } from "../kit/device.ts";
import { worked } from "../kit/steps.ts";
import { goodImage } from "./good-image.ts";
import { Table } from "./table.ts";

const table = new Table("requests", {
  device: { allow: { edge: ["container"], spare: ["container", "power", "system", "portable"] } },
  prepare: async (device) => {
    const { config, rootfs } = goodImage();
    worked(await device.seed("--name", "spare", config, rootfs));
  },
});
const install = "/v1/containers/edge/install";
const post = (body: string, type = "application/json"): ApiRequest => ({
  method: "POST",
  headers: { "content-type": type },
  body,
});
const paths = (): string =>
  JSON.stringify({ config: { path: goodImage().config }, rootfs: { path: goodImage().rootfs } });

const host: readonly (readonly [name: string, status: number, path: string, init: ApiRequest])[] = [
  ["wrong content type", 400, install, post("x", "text/html")],
  ["no body and no type", 400, install, { method: "POST" }],
  ["invalid JSON", 400, install, post("{")],
  ["JSON that is a list", 400, install, post("[]")],
  ["JSON without members", 400, install, post("{}")],
  ["unknown member", 400, install, post('{"config":{"inline":"name: edge"},"rootfz":{"path":"/x"}}')],
  ["source of two kinds", 400, install, post('{"config":{"inline":"x","path":"/x"},"rootfs":{"path":"/x"}}')],
  ["source that is text", 400, install, post('{"config":"/x","rootfs":{"path":"/x"}}')],
  ["unknown member of a commit", 400, "/v1/containers/edge/commit", post('{"expects":"1.0.0"}')],
  ["wrong type in a commit", 400, "/v1/containers/edge/commit", post('{"expect":1}')],
  ["unknown member of a rollback", 400, "/v1/containers/edge/rollback", post('{"force":true}')],
  ["JSON of 8 MiB", 413, "/v1/containers/edge/commit", post(`{"expect":"${"x".repeat(8 * 1024 * 1024)}"}`)],
  ["expect of 10,000 bytes", 400, "/v1/containers/edge/commit", post(`{"expect":"${"x".repeat(10_000)}"}`)],
  ["unknown path", 404, "/v1/containerz", {}],
  ["path of another version", 404, "/v2/ping", {}],
  ["path with ..", 404, "/v1/containers/../../etc/passwd", {}],
  ["path with %2e%2e", 400, "/v1/containers/%2e%2e%2f%2e%2e", {}],
  ["path with a broken escape", 400, "/v1/containers/%zz", {}],
  ["path of 10,000 bytes", 400, `/v1/containers/${"n".repeat(10_000)}`, {}],
  ["unknown method", 405, "/v1/ping", { method: "DELETE" }],
  ["method of another resource", 405, install, {}],
  ["unknown container", 404, "/v1/containers/nobody", {}],
  ["commit of an unknown container", 404, "/v1/containers/nobody/commit", { method: "POST" }],
  ["bad container name", 400, "/v1/containers/no_body", {}],
  ["unknown operation", 404, "/v1/operations/00000000-0000-4000-8000-000000000000", {}],
  ["cancel of an unknown operation", 404, "/v1/operations/00000000-0000-4000-8000-000000000000", { method: "DELETE" }],
  ["operation id that is none", 400, "/v1/operations/1", {}],
  ["events of an id that is none", 400, "/v1/operations/1/events", {}],
  [
    "Operation-Id that is none",
    400,
    "/v1/containers/edge/commit",
    { method: "POST", headers: { "operation-id": "1" } },
  ],
];
for (const [name, status, path, init] of host) {
  table.rawRow(name, status, (device) => json(device.socket, path, init));
}

const container: readonly (readonly [name: string, status: number, path: string, init: () => ApiRequest])[] = [
  ["path source on a container's listener", 403, "/v1/containers/~/install", () => post(paths())],
  ["status of another container", 403, "/v1/containers/spare", () => ({})],
  ["commit of another container", 403, "/v1/containers/spare/commit", () => ({ method: "POST" })],
  ["install into another container", 403, "/v1/containers/spare/install", () => post("x", "application/x-tar")],
  ["unknown container, on a container's listener", 403, "/v1/containers/nobody", () => ({})],
  ["group that is not granted", 403, "/v1/system/reboot", () => ({ method: "POST" })],
  ["remove by the container itself", 403, "/v1/containers/edge", () => ({ method: "DELETE" })],
];
for (const [name, status, path, init] of container) {
  table.rawRow(name, status, (device) => json(device.socketOf("edge"), path, init()));
}

table.row("status of another container, by hostctl", 8, (d) =>
  d.hostctlIn("edge", "container", "status", "--name", "spare"),
);
table.row("reboot that is not granted, by hostctl", 8, (d) => d.hostctlIn("edge", "reboot", "--yes"));
table.row("remove by the container itself, by hostctl", 8, (d) =>
  d.hostctlIn("edge", "container", "remove", "--name", "edge", "--yes"),
);
table.row("which of two containers", 2, (d) => d.hostctl("container", "status"));
table.row("unknown container, by hostctl", 1, (d) => d.hostctl("container", "status", "--name", "nobody"));
table.row("commit of an unknown container, by hostctl", 1, (d) => d.hostctl("container", "commit", "--name", "nobody"));
table.row("runtime none is not started", 1, (d) => d.hostctl("container", "start", "--name", "edge"));
table.row("runtime none has no logs", 1, (d) => d.hostctl("container", "logs", "--name", "edge"));

table.rawRow("header of 100 kB", 431, (device) => bare(device, { headers: { "x-long": "n".repeat(100_000) } }));

/** What the server answers before our code sees anything has no problem document. */
async function bare(device: Device, init: ApiRequest): Promise<JsonAnswer> {
  const response = await request(device.socket, "/v1/ping", init);
  return { status: response.status, body: { code: "-", detail: await response.text() } };
}
table.complete();
