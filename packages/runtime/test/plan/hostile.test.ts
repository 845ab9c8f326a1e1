// The ceiling: no configuration that reaches above it becomes a plan, so that nothing of it reaches a runtime.
import { expect, test } from "bun:test";
import { ArchiveError } from "@host-service/archive";
import { hostileConfigs } from "@host-service/fixtures";
import type { GrantKeys, HostileConfig } from "@host-service/fixtures";
import { RuntimeError } from "../../source/index.ts";
import { expectGolden } from "../kit/golden.ts";
import type { Grant } from "../../source/index.ts";
import { nothing, planFrom } from "../kit/plans.ts";

const hostile = hostileConfigs({
  stateDirectory: "/var/lib/host-service",
  runDirectory: "/run/host-service.d",
  socket: "/run/host-service",
  configurationDirectory: "/etc/host-service",
});

function grantOf({ disk_sources: diskSources, raw_options: rawOptions, ...grant }: GrantKeys): Grant {
  const renamed = {
    ...(diskSources === undefined ? {} : { diskSources }),
    ...(rawOptions === undefined ? {} : { rawOptions }),
  };
  return { ...nothing, ...grant, ...renamed };
}

function refusal({ text, grant = {} }: HostileConfig): string {
  try {
    planFrom(text, { grant: grantOf(grant) });
  } catch (error) {
    if (error instanceof RuntimeError) return `${error.kind}: ${error.message}`;
    // What is no config.yaml is refused where it is read.
    if (error instanceof ArchiveError) return `not read: ${error.message}`;
    throw error;
  }
  return "PLANNED";
}

test("planOf refuses every hostile configuration as golden/hostile.txt says", async () => {
  expect(hostile.length).toBeGreaterThan(100);
  const refusals = hostile.map((one) => `${one.name}\n  ${refusal(one)}\n`);
  await expectGolden("hostile.txt", refusals.join(""));
  expect(refusals.filter((text) => text.includes("PLANNED"))).toEqual([]);
  expect(refusals.filter((text) => /^[^\n]*\n {2}(?:[\w-]+: |not read: )Cannot [^\n]*\n$/u.test(text)).length).toBe(
    hostile.length,
  );
});

test("planOf plans what is within the ceiling: the same list, with what it asks for granted, is not refused for good", () => {
  const text = 'config: {security.privileged: "true"}\n';
  expect(planFrom(text, { grant: { ...nothing, privileged: true } }).ids).toBeUndefined();
  const disk = "devices: {it: {type: disk, source: /srv/data/x, path: /mnt}}\n";
  expect(planFrom(disk, { grant: { ...nothing, diskSources: ["/srv/data/"] } }).mounts[0]?.source).toEqual({
    kind: "host",
    path: "/srv/data/x",
    beneath: "/srv/data",
  });
});

test("refusals above the ceiling have the whole line for the administrator, with what was granted before", () => {
  const text = "devices: {it: {type: nic, nictype: bridged, parent: br1}}\n";
  expect(refusal({ name: "", text, grant: { nics: ["bridged:br0"] } })).toEndWith(
    'its administrator grants it with [containers.edge] nics = ["bridged:br0", "bridged:br1"]',
  );
});
