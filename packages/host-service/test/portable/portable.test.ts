import { expect, test } from "bun:test";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openInbox, openUploads } from "@host-service/ingest";
import { parseConfiguration } from "../../source/configuration/configuration.ts";
import { HandOvers } from "../../source/hand-overs/hand-overs.ts";
import { Operations } from "../../source/operations/registry.ts";
import { Portable } from "../../source/portable/portable.ts";
import type { ServiceCall } from "../../source/portable/portable.ts";
import { problemOf } from "../../source/problems/problem-of.ts";

const edge = { name: "minimal", principal: { kind: "container", name: "edge" } } as const;
const host = { name: "minimal", principal: { kind: "host" } } as const;

/** A daemon's portable services on a host without a bus, and what calling them ends with. */
async function withPortable(
  configuration: string,
  act: (portable: Portable, attach: (call: ServiceCall, profile: string) => Promise<string>) => Promise<void>,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "hs-portable-"));
  try {
    const text = `state_dir = "${directory}/state"\nrun_dir = "${directory}/run"\n${configuration}\n[portable]\nbus = "unix:path=${directory}/none"\n`;
    const parsed = parseConfiguration(text, "config.toml");
    await mkdir(parsed.stateDirectory);
    const { limits } = parsed;
    const inboxOptions = { directory: join(directory, "inbox"), program: [process.execPath], limits };
    const operations = new Operations();
    const portable = new Portable({
      configuration: parsed,
      bootId: "boot",
      program: [process.execPath],
      inbox: await openInbox(inboxOptions),
      uploads: await openUploads(inboxOptions),
      handOvers: new HandOvers(),
      operations,
      policy: { keyring: { keys: [], expiry: new Map(), revoked: new Set() }, signatureRequiredBy: undefined },
      log: { info: () => {}, warn: () => {}, error: () => {} },
    });
    await act(portable, async (call, profile) => {
      const operation = portable.begin("attach", call, undefined);
      const wanted = { image: { inline: "x".repeat(1000) }, profile };
      const given = { kind: "sources", wanted, mayNamePaths: true, owner: "host" } as const;
      const words = await portable.attach(operation, call, given).then(
        () => "OK",
        (error: unknown) => `${problemOf(error)?.code}: ${error instanceof Error ? error.message : ""}`,
      );
      operation.finish({});
      return words;
    });
    await portable.close();
  } finally {
    await rm(directory, { recursive: true });
  }
}

test("a container is not granted the profile trusted, and is told the line that would grant it", async () => {
  await withPortable("", async (_, attach) => {
    expect(await attach(edge, "trusted")).toBe(
      'not-allowed: Cannot use the profile "trusted": "edge" is granted default, nonetwork, strict; ' +
        'the host\'s administrator grants it with [containers.edge] portable_profiles = ["default","nonetwork","strict","trusted"]',
    );
  });
});

test("what the host grants, and what the host itself asks for, is not refused for its profile", async () => {
  await withPortable('[containers.edge]\nportable_profiles = ["trusted"]', async (_, attach) => {
    expect(await attach(edge, "trusted")).not.toStartWith("not-allowed");
    expect(await attach(edge, "default")).toStartWith("not-allowed");
    expect(await attach(host, "trusted")).not.toStartWith("not-allowed");
  });
});

test("P26, P35: without a bus the services are listed, one that is not there is not found, and reconcile has nothing to do", async () => {
  await withPortable("", async (portable) => {
    expect(await portable.list({ principal: { kind: "host" } })).toEqual([]);
    const error = await portable.status(host).catch((reason: unknown) => reason);
    expect(problemOf(error)?.code).toBe("not-found");
    await portable.reconcile();
  });
});

test("P31: a second change of a service is refused while the first goes on, and another service is not held up", async () => {
  await withPortable("", async (portable) => {
    const first = portable.begin("attach", host, undefined);
    expect(() => portable.begin("rollback", host, undefined)).toThrow(
      `Cannot rollback "portable/minimal": operation ${first.id} (attach) is running`,
    );
    expect(portable.begin("attach", { ...host, name: "other" }, undefined).isRunning).toBe(true);
  });
});
