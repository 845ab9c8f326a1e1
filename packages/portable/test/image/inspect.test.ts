import { expect, test } from "bun:test";
import { elfProgram, portableImages, standardUnit } from "@host-service/fixtures";
import type { PortableRecipe } from "@host-service/fixtures";
import { inspectDirectory, inspectRaw } from "../../source/image/inspect.ts";
import { host, inspected, withImage } from "../kit/image.ts";

const minimal: PortableRecipe = portableImages["minimal_1.0"];
const unit = "usr/lib/systemd/system/minimal-test.service";

function changed(entries: PortableRecipe["entries"], more: Partial<PortableRecipe> = {}): PortableRecipe {
  return { ...minimal, ...more, entries: { ...minimal.entries, ...entries } };
}

/** Each finding as a line. */
async function told(...words: Parameters<typeof inspected>): Promise<string[]> {
  const { findings } = await inspected(...words);
  return findings.map(({ check, result, text }) => `${check} ${result}: ${text}`);
}

test("an image that has all that it needs is fit, and what it is is told", async () => {
  expect(await inspected(minimal, ["minimal"])).toEqual({
    kind: "directory",
    title: "Minimal Test Service",
    id: "minimal",
    version: "1.0",
    prefixes: ["minimal"],
    units: [{ name: "minimal-test.service", kind: "unit", description: "Minimal test", starts: true }],
    findings: [],
    isFit: true,
  });
});

test("P3: the units of multi_2.1 are those that systemd 252 attaches, and etc wins", async () => {
  const { units, findings } = await inspected(portableImages["multi_2.1"], ["multi"]);
  expect(units.map(({ name, kind }) => `${kind} ${name}`)).toEqual([
    "unit multi-dash.service",
    "unit multi-lib.service",
    "unit multi-link.service",
    "unit multi-local.service",
    "unit multi-run.service",
    "template multi-w@.service",
    "unit multi.dot.service",
    "unit multi.path",
    "unit multi.service",
    "unit multi.socket",
    "unit multi.target",
    "unit multi.timer",
    "template multi@.service",
    "instance multi@inst.service",
  ]);
  expect(units.find(({ name }) => name === "multi.service")?.description).toBe("Minimal main from etc");
  expect(findings.map(({ check, path }) => `${check} ${path}`)).toEqual([
    "links usr/lib/systemd/system/multi-dangling.service",
  ]);
});

test("P2: no prefix at all is refused", async () => {
  const text = (await told(minimal, [])).join("\n");
  expect(text).toContain("prefixes refused: no prefix is given, which would mean every unit");
});

test("the word for all units is no prefix", async () => {
  expect(await told(changed({ "usr/lib/systemd/system/-x.service": standardUnit("x") }), ["-"])).toEqual([
    'prefixes refused: "-" cannot be a prefix: a prefix has letters, digits, dots and hyphens, and is not only a hyphen; give another with --prefix',
    'units refused: no unit (.service, .socket, .target, .timer, .path) begins with "-"; name the units so, or give another prefix with --prefix',
  ]);
});

test("P6: no os-release, no ID and a garbage file are refused", async () => {
  expect(await told(portableImages.noos_1, ["noos"])).toEqual([
    "os-release refused: neither etc/os-release nor usr/lib/os-release is a file; add one with at least ID=",
  ]);
  expect(await told(portableImages.noid_1, ["noid"])).toEqual(["os-release refused: os-release has no ID=; add it"]);
  expect(await told(portableImages.bados_1, ["bados"])).toEqual(["os-release refused: os-release has no ID=; add it"]);
  expect(await told(portableImages.etcos_1, ["etcos"])).toEqual([]);
});

test("P7: every prefix has to be a word of PORTABLE_PREFIXES", async () => {
  expect(await told(portableImages.prefixes_1, ["allowed", "alsook"])).toEqual([]);
  expect(await told(portableImages.prefixes_1, ["allowed", "prefixes"])).toEqual([
    'portable-prefixes refused: the prefix "prefixes" is not in PORTABLE_PREFIXES= of os-release (allowed alsook); give one that is, with --prefix',
  ]);
});

test("P15: what makes systemd's reattach fail and leave nothing is refused before: no unit", async () => {
  expect(await told(portableImages.nounit_1, ["nounit"])).toEqual([
    'units refused: no unit (.service, .socket, .target, .timer, .path) begins with "nounit"; name the units so, or give another prefix with --prefix',
  ]);
});

test.each(["/etc/passwd", "/etc/shadow", "../../../../../../../etc/passwd"])(
  "P5: a unit that is a link to %p is refused, and no byte of the target is told",
  async (link) => {
    const recipe = changed({ "usr/lib/systemd/system/minimal-leak.service": { link } });
    const report = await inspected(recipe, ["minimal"]);
    expect(report.isFit).toBe(false);
    expect(report.findings.map(({ check, path }) => `${check} ${path}`)).toEqual([
      "links usr/lib/systemd/system/minimal-leak.service",
    ]);
    expect(JSON.stringify(report)).not.toContain("root:");
    expect(report.units.map(({ name }) => name)).toEqual(["minimal-test.service"]);
  },
);

test("a directory of units that is an absolute link is refused, also where it leads into the image", async () => {
  const recipe: PortableRecipe = {
    entries: {
      "usr/lib/os-release": "ID=x\n",
      "usr/share/units/minimal.service": standardUnit("x"),
      "etc/systemd/system": { link: "/usr/share/units" },
    },
  };
  expect(await told(recipe, ["minimal"])).toEqual([
    'units refused: no unit (.service, .socket, .target, .timer, .path) begins with "minimal"; name the units so, or give another prefix with --prefix',
    'links refused: etc/systemd/system is a link to "/usr/share/units", an absolute path, which the host would follow at its own root; make it a relative link inside the image, or a file',
  ]);
});

test("P20: each missing file and directory is named, all in one report", async () => {
  const without = "etc/resolv.conf etc/machine-id proc sys dev run tmp var/tmp".split(" ");
  const recipe = { ...minimal, without };
  expect(await told(recipe, ["minimal"])).toEqual([
    "files refused: etc/resolv.conf is missing; add an empty file",
    "files refused: etc/machine-id is missing; add an empty file",
    ...without.slice(2).map((path) => `directories refused: ${path} is missing; add an empty directory`),
  ]);
});

test.each([
  [
    "is missing",
    { without: ["usr/bin/minimald"] },
    "programs",
    'starts "/usr/bin/minimald", which is not in the image',
  ],
  ["is a link to nothing", link("/gone"), "programs", "which is not in the image"],
  ["is a directory", program({ directory: true }), "programs", "is no file"],
  ["is text without #!", program("echo hello\n"), "loaders", 'neither an ELF program nor a script with "#!"'],
  ["is empty", program(""), "loaders", 'neither an ELF program nor a script with "#!"'],
  [
    "is a script without its interpreter",
    program("#!/bin/sh -e\n"),
    "loaders",
    'a script for "/bin/sh", which is not in the image',
  ],
  [
    "is made for another machine",
    program(elfProgram({ machine: 8 })),
    "loaders",
    "made for ELF machine 8, and this host is",
  ],
  ["lacks its loader", program(elfProgram({ loader: "/lib64/ld.so" })), "loaders", 'needs the loader "/lib64/ld.so"'],
] satisfies [string, Partial<PortableRecipe>, string, string][])(
  "P18, P21: a program that %s is refused",
  async (_, recipe, check, words) => {
    const { findings, isFit } = await inspected(changed(recipe.entries ?? {}, without(recipe)), ["minimal"]);
    expect(isFit).toBe(false);
    expect(findings.map((finding) => finding.check)).toEqual([check as (typeof findings)[number]["check"]]);
    expect(findings[0]?.text).toContain(words);
  },
);

test("a program that is not executable is refused", async () => {
  const recipe = changed({
    [unit]: standardUnit("x").replace("/usr/bin/minimald", "/opt/minimald"),
    "opt/minimald": "x",
  });
  expect(await told(recipe, ["minimal"])).toEqual([
    'programs refused: minimal-test.service starts "/opt/minimald", but opt/minimald is not executable; give it mode 0755',
  ]);
});

test("a program is looked up inside the image: through its links, by name, past systemd's own characters", async () => {
  const started = (line: string, entries: PortableRecipe["entries"] = {}) =>
    told(changed({ [unit]: `[Service]\nExecStart=${line}\n`, ...entries }), ["minimal"]);
  expect(await started("-/usr/bin/minimald x")).toEqual([]);
  expect(await started('@"/usr/bin/minimald" name')).toEqual([]);
  expect(await started("minimald")).toEqual([]);
  expect(await started("/bin/minimald", { bin: { link: "/usr/bin" } })).toEqual([]);
  expect(await started("/gone\nExecStart=\nExecStart=/usr/bin/minimald")).toEqual([]);
  expect(await started("/usr/bin/%i")).toEqual([
    'programs warning: minimal-test.service starts "/usr/bin/%i", which systemd completes when it starts it; nobody has looked whether it is there',
  ]);
  const dynamic = { "usr/bin/dynamic": elfProgram({ loader: "/lib/ld.so" }), "lib/ld.so": "x" };
  expect(await started("/usr/bin/dynamic", dynamic)).toEqual([]);
});

test.each(["", "../x", "a/b", "unknown"])("P10: the profile %p is refused", async (profile) => {
  const { findings, isFit } = await inspected(minimal, ["minimal"], { profile });
  expect(isFit).toBe(false);
  expect(findings.map(({ check }) => check)).toEqual(["profile"]);
});

test("without an answer of portabled the profile is unchecked, not passed", async () => {
  const { findings, isFit } = await inspected(minimal, ["minimal"], { host: { profiles: undefined } });
  expect(isFit).toBe(true);
  expect(findings.map(({ check, result }) => `${check} ${result}`)).toEqual(["profile unchecked"]);
});

test("P17: a unit that the host has as well is refused", async () => {
  const unitOnHost = async (name: string) =>
    name === "minimal-test.service" ? `/etc/systemd/system/${name}` : undefined;
  expect(await told(minimal, ["minimal"], { host: { unitOnHost } })).toEqual([
    "host-units refused: minimal-test.service is a unit of the host as well (/etc/systemd/system/minimal-test.service); give it another name, with the prefix of this service",
  ]);
});

test("of a raw image what only a look inside would tell is unchecked", async () => {
  const units = new Map([["minimal-test.service", standardUnit("x")]]);
  const report = await inspectRaw(
    { osRelease: "ID=minimal\n", units },
    { prefixes: ["minimal"], profile: "default", host },
  );
  expect(report.isFit).toBe(true);
  expect(report.findings.map(({ check, result }) => `${check} ${result}`)).toEqual(
    ["files", "directories", "programs", "loaders"].map((check) => `${check} unchecked`),
  );
});

test("more units than anybody has are refused, not read", async () => {
  const many = Array.from({ length: 501 }, (_, at) => [`usr/lib/systemd/system/minimal-${at}.service`, "[Service]\n"]);
  const report = await withImage({ entries: { "usr/lib/os-release": "ID=x\n", ...Object.fromEntries(many) } }, (tree) =>
    inspectDirectory(tree, { prefixes: ["minimal"], profile: "default", host }),
  );
  expect(report.findings[0]?.text).toContain("no unit");
  expect(report.findings[1]?.text).toBe("more than 500 units match; give a longer prefix");
});

function program(entry: PortableRecipe["entries"][string]): Partial<PortableRecipe> {
  return { without: ["usr/bin/minimald"], entries: { "usr/bin/minimald": entry } };
}

function link(target: string): Partial<PortableRecipe> {
  return program({ link: target });
}

function without(recipe: Partial<PortableRecipe>): Partial<PortableRecipe> {
  return recipe.without === undefined ? {} : { without: recipe.without };
}
