// No value of a config.yaml can add a line or a key: whatever it is, it is refused, or it arrives as it was.
import { expect, test } from "bun:test";
import fc from "fast-check";
import { ArchiveError } from "@host-service/archive";
import { lxcOf, nspawnOf, RuntimeError, unitPropertiesOf } from "../../source/index.ts";
import type { Plan } from "../../source/index.ts";
import { everything, places, planFrom } from "../kit/plans.ts";
import { readBind, readLxc, readMountEntry, readSettings, readWords } from "../kit/readers.ts";

/** Text with much of what has a meaning somewhere. */
const nasty = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(..." \t\"'\\:=#;%$[]{},*?~/.-+_aA0") },
      {
        weight: 2,
        arbitrary: fc.constantFrom("\\\\", "\\040", "%i", "/etc", " = ", "[Exec]", "\u00a0", "\u2028", "é", "𝄞"),
      },
      {
        weight: 1,
        arbitrary: fc.constantFrom("\n", "\r", "\n[Files]\nBind=/", "\nlxc.hook.start = x", "\u0085", "\u001b"),
      },
    ),
    { maxLength: 24 },
  )
  .map((parts) => parts.join(""));

function planned(document: object, runtime: "nspawn" | "lxc"): Plan | undefined {
  try {
    return planFrom(JSON.stringify(document), { grant: { ...everything, diskSources: ["/"], ownPaths: [] }, runtime });
  } catch (error) {
    if (error instanceof RuntimeError || error instanceof ArchiveError) return undefined;
    throw error;
  }
}

const settings = fc.record({ value: nasty, source: nasty, target: nasty });

/** How many were not refused: a property that refuses everything shows nothing. */
let arrived = 0;

function documentOf({ value, source, target }: { value: string; source: string; target: string }): object {
  return {
    config: { "environment.A": value, "environment.B": "x" },
    devices: { it: { type: "disk", source: `/${source}`, path: `/m${target}` } },
  };
}

const isWritable = (text: string) => text !== "" && !/(?!\t)\p{Cc}/u.test(text);

test("nspawnOf hands on every value as it is, and nothing else", () => {
  fc.assert(
    fc.property(settings, (given) => {
      const plan = planned(documentOf(given), "nspawn");
      if (plan === undefined) return;
      arrived++;
      const read = readSettings(nspawnOf(plan, places).settings);
      const variables = read.filter(({ key }) => key === "Environment").map(({ value }) => readWords(value));
      expect(variables).toEqual([...plan.environment].map(([name, value]) => [`${name}=${value}`]));
      expect(plan.environment.get("A") ?? "").toBe(given.value);
      const [mount] = plan.mounts;
      expect(readBind(read.filter(({ section }) => section === "Files").at(-1)?.value ?? "")).toEqual([
        mount?.source.kind === "host" ? mount.source.path : "",
        mount?.target ?? "",
        "norbind",
      ]);
      const keys = read.map(({ section, key }) => `${section}.${key}`);
      expect(keys.filter((key) => key !== "Exec.Environment")).toEqual([
        "Exec.NotifyReady",
        "Exec.ResolvConf",
        "Exec.Timezone",
        "Exec.LinkJournal",
        "Files.Bind",
        "Files.BindReadOnly",
        "Files.BindReadOnly",
        "Files.Bind",
        "Files.Bind",
        "Files.Bind",
        "Network.Private",
        "Network.VirtualEthernet",
      ]);
    }),
    { numRuns: 2000 },
  );
  expect(arrived).toBeGreaterThan(200);
});

test("lxcOf hands on every value as it is, and nothing else", () => {
  arrived = 0;
  const plain = readLxc(lxcOf(planFrom("name: edge\n", { runtime: "lxc" }), places).configuration);
  fc.assert(
    fc.property(settings, (given) => {
      const plan = planned(documentOf(given), "lxc");
      if (plan === undefined) return;
      arrived++;
      const read = readLxc(lxcOf(plan, places).configuration);
      const variables = read.filter(({ key }) => key === "lxc.environment").map(({ value }) => value);
      expect(variables).toEqual([...plan.environment].map(([name, value]) => `${name}=${value}`));
      const [mount] = plan.mounts;
      expect(
        readMountEntry(read.filter(({ key }) => key === "lxc.mount.entry").at(-1)?.value ?? "").slice(0, 3),
      ).toEqual([mount?.source.kind === "host" ? mount.source.path : "", mount?.target.slice(1) ?? "", "none"]);
      expect(read.map(({ key }) => key)).toEqual([
        ...plain.map(({ key }) => key),
        "lxc.mount.entry",
        ...variables.map(() => "lxc.environment"),
      ]);
    }),
    { numRuns: 2000 },
  );
  expect(arrived).toBeGreaterThan(200);
});

/** Every key whose value is text of any kind, with what it stands beside. */
const textKeys = [
  "limits.cpu",
  "limits.cpu.allowance",
  "limits.memory.enforce",
  "limits.memory.oom_priority",
  "limits.memory.swap",
  "limits.kernel.nofile",
  "linux.sysctl.net.ipv4.ip_forward",
  "security.capabilities.add",
  "security.capabilities.drop",
  "security.syscalls.deny",
  "oci.entrypoint",
  "oci.cwd",
];
const nicKeys = ["parent", "name", "host_name", "mode", "ipv4.address", "ipv4.routes"];

test("no value of any key makes a line that its key does not make, in either file and in the unit's properties", () => {
  arrived = 0;
  const near = fc.tuple(
    fc.constantFrom("1", "0-1", "50%", "10ms/20ms", "1MiB", "CAP_CHOWN", "/bin/sh", "br0", "192.0.2.5/24", ""),
    fc.oneof(fc.constant(""), nasty),
  );
  fc.assert(
    fc.property(
      fc.constantFrom(...textKeys, ...nicKeys),
      near,
      fc.constantFrom("nspawn", "lxc"),
      (key, [start, end], runtime) => {
        const value = start + end;
        const document = nicKeys.includes(key)
          ? { devices: { it: { type: "nic", nictype: "bridged", parent: "br0", [key]: value } } }
          : { config: { ...(key === "oci.cwd" ? { "oci.entrypoint": "/bin/sh" } : {}), [key]: value } };
        const plan = planned(document, runtime);
        if (plan === undefined) return;
        arrived++;
        const written = runtime === "nspawn" ? nspawnOf(plan, places).settings : lxcOf(plan, places).configuration;
        const lines = [...written.split("\n"), ...unitPropertiesOf(plan)];
        for (const line of lines) {
          expect(line).toMatch(/^(?:$|\[(?:Exec|Files|Network)\]$|[A-Z][A-Za-z]+=|lxc\.[a-z0-9_.]+ = )/u);
          expect(line === "" || isWritable(line)).toBe(true);
        }
      },
    ),
    { numRuns: 4000 },
  );
  expect(arrived).toBeGreaterThan(200);
});

test("the readers of the properties see a line that a value would add", () => {
  expect(readSettings('[Exec]\nEnvironment="A=x\nBind=/"\n').map(({ key }) => key)).toEqual(["Environment", "Bind"]);
  expect(readSettings("[Files]\nBind=/a:/b\\\n[Network]\n")).toEqual([
    { section: "Files", key: "Bind", value: "/a:/b [Network]" },
  ]);
  expect(readLxc('lxc.environment = "A=x\nlxc.hook.start = y"').map(({ key }) => key)).toEqual([
    "lxc.environment",
    "lxc.hook.start",
  ]);
});
