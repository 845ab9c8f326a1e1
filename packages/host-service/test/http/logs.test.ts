import { expect, setDefaultTimeout, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runnable, commitFirst, withUnits } from "../kit/with-units.ts";
import { until } from "../kit/until.ts";

setDefaultTimeout(60_000);

const logs = "/v1/containers/edge/logs";

test("logs are the last lines of the unit's journal in this boot, or of another one", () =>
  withUnits(async ({ device, systemd }) => {
    await commitFirst(device);
    const read = async (query: string, as?: string) => {
      const response = await device.fetch("GET", `${logs}${query}`, as === undefined ? {} : { as });
      expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/plain; charset=utf-8"]);
      return (await response.text()).replaceAll(/^\S+ /gm, "");
    };
    await until("it has said so", async () => (await read("")).includes("this is 1.0.0"));
    systemd.write("edge", "two\u001b[2J", 7);
    systemd.write("edge", "three", 7);
    expect(await read("?lines=2")).toBe("two\u001b[2J\nthree\n");
    expect(await read("?lines=0")).toBe("");
    expect(await read("?boot=-1")).toBe("");
    expect(await read("?boot=all&lines=1", "edge")).toBe("three\n");
  }));

test("a log that is asked for wrongly is refused by the name of what is wrong", () =>
  withUnits(async ({ device, systemd }) => {
    await commitFirst(device);
    const refused = async (query: string) => {
      const { status, body } = await device.call("GET", `${logs}${query}`);
      return [status, body["code"], body["detail"]];
    };
    for (const query of ["?lines=-1", "?lines=100001", "?boot=1", "?boot=yesterday", "?follow=yes", "?grep=x"]) {
      const [status, code, detail] = await refused(query);
      expect([query, status, code]).toEqual([query, 400, "invalid-request"]);
      expect(detail).toContain(query.slice(1, 4));
    }
    await writeFile(join(systemd.programs, "journalctl"), "#!/bin/sh\necho 'Failed to open it' >&2\nexit 1\n", {
      mode: 0o755,
    });
    expect(await refused("")).toEqual([
      502,
      "unit-failed",
      'Cannot read the log of "edge": journalctl ended with 1: Failed to open it; try journalctl --unit=host-service-container@edge.service on the host',
    ]);
  }));

test("a log is followed until the reader leaves, and then nothing is left of it", () =>
  withUnits(async ({ device, systemd }) => {
    await commitFirst(device);
    const leaving = new AbortController();
    let text = "";
    const reading = (async () => {
      const response = await device.fetch("GET", `${logs}?follow=true`, { signal: leaving.signal });
      const decoder = new TextDecoder();
      for await (const chunk of response.body ?? []) text += decoder.decode(chunk);
    })().catch(() => undefined);
    const children = async () => await new Response(Bun.spawn(["ps", "-e", "-o", "args="]).stdout).text();
    await until("it is read", async () => (await children()).includes(`${systemd.directory} --unit`));
    systemd.write("edge", "first", 7);
    await until("the first line is there", () => text.endsWith(" first\n"));
    systemd.write("edge", "second", 7);
    await until("the second line is there", () => text.endsWith(" second\n"));
    expect(await children()).toContain(`${systemd.directory} --unit`);
    leaving.abort();
    await reading;
    await until("no reader is left", async () => !(await children()).includes(`${systemd.directory} --unit`));
  }));

test("there is no log of a trial where there was none, and none of a container that nobody knows", () =>
  withUnits(async ({ device }) => {
    await device.install(runnable("1.0.0"));
    const { status, body } = await device.call("GET", `${logs}?trial=true`);
    expect([status, body["detail"]]).toEqual([404, 'Cannot show the log of a trial of "edge": none was kept']);
    expect((await device.call("GET", "/v1/containers/other/logs?trial=true")).status).toBe(404);
    expect((await device.call("GET", "/v1/containers/other/logs")).status).toBe(404);
  }));
