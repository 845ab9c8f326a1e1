import { expect, test } from "bun:test";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { power } from "../../source/power/power.ts";

const shell = (script: string) => ["/bin/sh", "-c", script];

function command(script: string) {
  return { driver: "command", reboot: shell(script), suspend: undefined, rebootDuringTrial: "allow" } as const;
}

test("power runs the command that is configured, with an environment of its own", async () => {
  const directory = await mkdtemp(join(tmpdir(), "power-"));
  process.env["BUN_OPTIONS_TEST"] = "leaks";
  await power("reboot", command(`env > ${directory}/env`));
  const environment = await readFile(join(directory, "env"), "utf8");
  expect(environment).toContain("PATH=/usr/sbin:/usr/bin:/sbin:/bin");
  expect(environment).not.toContain("leaks");
  delete process.env["BUN_OPTIONS_TEST"];
  await rm(directory, { recursive: true });
});

test("power tells what the command said when it failed", async () => {
  expect(power("reboot", command("echo no seat >&2; exit 3"))).rejects.toMatchObject({
    kind: "command-failed",
    message: 'Cannot reboot the host: "/bin/sh -c echo no seat >&2; exit 3" ended with 3: no seat',
  });
});

test("power says what is not configured", async () => {
  expect(power("suspend", command("true"))).rejects.toMatchObject({ kind: "not-configured" });
  expect(power("reboot", { driver: "none", rebootDuringTrial: "allow" })).rejects.toMatchObject({
    kind: "not-configured",
  });
});

test("power says when the program is not there", async () => {
  const missing = {
    driver: "command",
    reboot: ["/nowhere/x"],
    suspend: undefined,
    rebootDuringTrial: "allow",
  } as const;
  expect(power("reboot", missing)).rejects.toMatchObject({ kind: "command-failed" });
});
