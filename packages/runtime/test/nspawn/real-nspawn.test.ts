// What we write, read by systemd-nspawn itself.
import { afterAll, expect } from "bun:test";
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { capabilityNames } from "../../source/model/capability-names.ts";
import { nspawnOf, nspawnSettingsPath } from "../../source/index.ts";
import type { Places, Plan } from "../../source/index.ts";
import { examples } from "../kit/configs.ts";
import { ids, places, planFrom } from "../kit/plans.ts";
import { testWith } from "../kit/requirements.ts";

const directory = await mkdtemp(join(tmpdir(), "hs-nspawn-"));
afterAll(() => rm(directory, { recursive: true }));

function plansOfExamples(): Plan[] {
  return examples.flatMap(({ text, meta }) => {
    try {
      return [planFrom(text, meta === undefined ? {} : { meta })];
    } catch {
      // Refused for this runtime: golden/nspawn.txt shows it.
      return [];
    }
  });
}

/** What it says about a settings file beside an empty root: it reads the file before it looks at the root. */
function complaints(settings: string): Promise<string[]> {
  const root = join(directory, "empty");
  return (async () => {
    await mkdir(root, { recursive: true });
    await writeFile(`${root}.nspawn`, settings);
    const words = [
      "systemd-nspawn",
      "--register=no",
      "--keep-unit",
      "--settings=trusted",
      "--boot",
      `--directory=${root}`,
    ];
    const child = Bun.spawn(words, {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      env: { SYSTEMD_LOG_LEVEL: "debug" },
    });
    const lines = (await child.stderr.text()).split("\n");
    // It came as far as the root, so that it has read the file.
    expect(lines.some((line) => line.includes("doesn't look like an OS root directory"))).toBe(true);
    return lines.filter((line) => line.includes(".nspawn:"));
  })();
}

testWith(
  { root: true, tools: ["systemd-nspawn"] },
  "systemd-nspawn reads every line of every example without a complaint",
  async () => {
    const plans = plansOfExamples();
    expect(plans.length).toBeGreaterThan(8);
    for (const plan of plans) expect([plan, await complaints(nspawnOf(plan, places).settings)]).toEqual([plan, []]);
    // It does complain about what it does not know.
    expect(await complaints("[Exec]\nBuut=yes\n")).toEqual([expect.stringContaining("Unknown key 'Buut'")]);
    expect(await complaints("[Files]\nBind=/a:relative\n")).toEqual([expect.stringContaining("relative")]);
  },
);

testWith({ tools: ["systemd-nspawn"] }, "capabilityNames are those that systemd-nspawn knows", async () => {
  const text = await Bun.$`systemd-nspawn --capability=help`.text();
  const known = text.split(/\s+/u).map((word) => word.toUpperCase());
  expect(capabilityNames.filter((name) => !known.includes(name))).toEqual([]);
  expect(known.filter((word) => word.startsWith("CAP_")).toSorted()).toEqual(capabilityNames.toSorted());
});

const tools = ["systemd-nspawn", "busybox"];
testWith(
  { root: true, tools },
  "a command under systemd-nspawn gets the environment, the mounts and the ids of its plan",
  async () => {
    const busybox = Bun.which("busybox") ?? "";
    const root = join(directory, "root");
    for (const name of ["bin", "usr", "dev", "proc", "sys", "tmp", "run"])
      await mkdir(join(root, name), { recursive: true });
    await cp(busybox, join(root, "bin", "busybox"));
    await symlink("busybox", join(root, "bin", "sh"));
    const inside = join(directory, "inside");
    for (const name of ["host", "library", "incus", "lxd", "odd: one\\"])
      await mkdir(join(inside, name), { recursive: true });
    await writeFile(join(inside, "launcher"), "");
    await writeFile(join(inside, "odd: one\\", "file"), "found\n");
    await Bun.$`chown -R ${ids.base}:${ids.base} ${root} ${inside}`;
    const plan = planFrom(`name: hs-model-test
config:
  oci.entrypoint: '/bin/sh -c "env; cat /mnt/*/file; cat /proc/self/uid_map; ls /host"'
  environment.QUOTES: "it's \\"quoted\\""
  environment.ENDS: 'ends with \\'
  environment.BLANKS: "  two  blanks  "
  environment.PERCENT: "%n %%"
devices:
  odd: {type: disk, source: "volume:odd", path: "/mnt/od:d \\\\ target"}
`);
    const real: Places = {
      ...places,
      root,
      hostDirectory: join(inside, "host"),
      library: join(inside, "library"),
      launcher: join(inside, "launcher"),
      incusDirectory: join(inside, "incus"),
      lxdDirectory: join(inside, "lxd"),
      mountSource: () => ({ path: join(inside, "odd: one\\"), kind: "directory" }),
      machined: false,
    };
    const { argv, settings } = nspawnOf(plan, real);
    const path = nspawnSettingsPath(plan.name);
    await mkdir("/run/systemd/nspawn", { recursive: true });
    await writeFile(path, settings, { mode: 0o600 });
    try {
      const child = Bun.spawn(argv, { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
      const [said, errors] = await Promise.all([child.stdout.text(), child.stderr.text()]);
      await child.exited;
      const lines = said.split("\r\n");
      const wanted = [...plan.environment].map(([name, value]) => `${name}=${value}`);
      expect([errors, wanted.filter((line) => !lines.includes(line)), said]).toEqual([expect.any(String), [], said]);
      expect(lines).toContain("found");
      expect(lines.some((line) => line.trim().split(/ +/u).join(" ") === `0 ${ids.base} ${ids.count}`)).toBe(true);
      expect((await readdir(join(inside, "host"))).toSorted()).toEqual(["hostctl", "lib"]);
    } finally {
      await rm(path);
    }
  },
);
