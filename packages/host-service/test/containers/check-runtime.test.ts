import { afterAll, expect, test } from "bun:test";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseInstanceConfig } from "@host-service/archive";
import { hostArchitecture } from "@host-service/runtime";
import type { MetaHints } from "@host-service/runtime";
import { parseConfiguration } from "../../source/configuration/configuration.ts";
import { checkRootfs, checkRuntime } from "../../source/containers/check-runtime.ts";
import { problemOf } from "../../source/problems/problem-of.ts";
import { withPrograms } from "../kit/programs.ts";

await withPrograms("lxc-start");
const directory = await mkdtemp(join(tmpdir(), "hs-"));
afterAll(() => rm(directory, { recursive: true }));

/** How an install answers, with the host's own configuration; undefined where nothing is refused. */
function answer(
  text: string,
  { configuration = "", host = "this" }: { configuration?: string; host?: "this" | "another" } = {},
): [string, string] | undefined {
  const { grantOf } = parseConfiguration(configuration, "/etc/host-service/config.toml");
  try {
    checkRuntime(parseInstanceConfig(text), { name: "edge", grant: grantOf("edge"), host });
    return undefined;
  } catch (error) {
    const problem = problemOf(error);
    return [problem?.code ?? "-", problem?.detail ?? String(error)];
  }
}

/** While it runs there are no programs at all. */
function withoutPrograms<Result>(act: () => Result): Result {
  const before = process.env["PATH"];
  process.env["PATH"] = "/nowhere";
  try {
    return act();
  } finally {
    process.env["PATH"] = before;
  }
}

const foreign = hostArchitecture() === "aarch64" ? "x86_64" : "aarch64";

test("checkRuntime with runtime none leaves the container to the host's units, and refuses what needs a runtime", () => {
  expect(answer("runtime: none\ntrial: {commit: manual, boots: 3}\n")).toBeUndefined();
  expect(answer("trial: {commit: ready}\n")).toBeUndefined();
  expect(answer('trial: {commit: ready, health: {command: ["/bin/true"]}}\n')).toEqual([
    "not-supported",
    'Cannot install the image: config.yaml asks for "trial.health": it needs a runtime that runs a command in the container; leave it out, and let the guest say that it is ready (PATCH /1.0 on /dev/incus/sock)',
  ]);
  expect(answer("trial: {timeout: 5m}\n")).toEqual([
    "not-supported",
    'Cannot install the image: config.yaml asks for "trial.timeout": it needs a runtime that can restart the container; leave it out',
  ]);
  const byHost = { configuration: '[containers.edge]\nruntime = "lxc"\n' };
  expect(answer("trial: {commit: ready, timeout: 5m}\n", byHost)).toBeUndefined();
});

test("checkRuntime refuses a runtime whose program is missing, and an image for another processor, unless it is for another host", () => {
  const image = "runtime: nspawn\n";
  expect(withoutPrograms(() => answer(image))).toEqual([
    "not-supported",
    'Cannot install the image: config.yaml asks for "runtime" "nspawn", and this host has no systemd-nspawn; install it (Debian: systemd-container), or use another runtime',
  ]);
  expect(withoutPrograms(() => answer(image, { host: "another" }))).toBeUndefined();
  const other = `architecture: ${foreign}\n`;
  expect(answer(other)).toEqual([
    "not-supported",
    `Cannot install the image: config.yaml says "architecture" "${foreign}", and this host is ${hostArchitecture()}; install an image for ${hostArchitecture()}`,
  ]);
  expect(answer(other, { host: "another" })).toBeUndefined();
  expect(answer(`architecture: ${hostArchitecture()}\n`)).toBeUndefined();
});

test("checkRuntime follows no link below a granted directory, and shares nothing of the host service by any of its names", async () => {
  const at = (...names: string[]) => join(directory, ...names);
  await mkdir(at("state", "containers"), { recursive: true });
  await mkdir(at("srv", "data"), { recursive: true });
  await symlink(at("srv"), at("granted"));
  await symlink("/etc", at("srv", "link"));
  await symlink(at("state"), at("alias"));
  const configuration = `state_dir = ${JSON.stringify(at("state"))}\n[containers.edge]\nruntime = "lxc"\ndisk_sources = [${JSON.stringify(at("granted"))}, ${JSON.stringify(at("alias"))}]\n`;
  const disk = (source: string, more = "") =>
    answer(`devices: {it: {type: disk, path: /mnt, source: ${JSON.stringify(source)}${more}}}\n`, { configuration });
  expect(disk(at("granted", "data"))).toBeUndefined();
  expect(disk(at("granted", "link"))).toEqual([
    "not-allowed",
    `Cannot install the image: "${at("granted", "link")}", which "devices.it.source" names, has a link on its way below "${at("granted")}", which a container may have made; name the directory that is meant, or have its administrator grant that`,
  ]);
  expect(disk(at("granted", "link", "ssl"))?.[0]).toBe("not-allowed");
  expect(disk(at("alias", "containers"))).toEqual([
    "not-allowed",
    `Cannot install the image: "${at("alias", "containers")}", which "devices.it.source" names, would share "${at("state")}", which is the host service's own; use source "volume:NAME"`,
  ]);
  expect(disk(at("granted", "missing"))?.[0]).toBe("not-supported");
  expect(disk(at("granted", "missing"), ', required: "false"')).toBeUndefined();
});

test("checkRootfs looks for what would be started, and not where the host's own units start it", async () => {
  const rootfs = join(directory, "rootfs");
  await mkdir(join(rootfs, "sbin"), { recursive: true });
  const config = parseInstanceConfig("runtime: lxc\n");
  const grant = parseConfiguration("", "/etc/host-service/config.toml").grantOf("edge");
  const check = (meta?: MetaHints) => checkRootfs(config, { name: "edge", grant, host: "this", rootfs, meta });
  const units = parseInstanceConfig("runtime: none\n");
  checkRootfs(units, { name: "edge", grant, host: "this", rootfs, meta: undefined });
  expect(check).toThrow(
    'Cannot install the image: the rootfs has no init (/sbin/init); install one, or name a command in "oci.entrypoint"',
  );
  await writeFile(join(rootfs, "sbin", "init"), "#!/bin/sh\n", { mode: 0o755 });
  expect(check).not.toThrow();
  expect(() => check({ initCommand: ["/sbin/other"] })).toThrow(
    'Cannot install the image: "/sbin/other", which its metadata ("lxc.init.cmd") names, is missing in the rootfs; correct one of the two',
  );
});
