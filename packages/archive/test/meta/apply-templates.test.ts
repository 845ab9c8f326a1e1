import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { readXattr, readXattrs, setXattr } from "@host-service/disk";
import { compareTrees, readTree } from "@host-service/fixtures";
import { expect, setDefaultTimeout, test } from "bun:test";
import { applyTemplates } from "../../source/meta/apply-templates.ts";
import type { Applied } from "../../source/meta/apply-templates.ts";
import type { Template } from "../../source/meta/metadata.ts";
import { Workshop, isRoot, program } from "../unpack/kit/unpacking.ts";

setDefaultTimeout(60_000);

const words = { LXC_NAME: "edge", LXC_PATH: "/meta", LXC_ROOTFS: "/" };
const substitute = (path: string): Template => ({ kind: "substitute", path, words });
const write = (path: string, more: Partial<Extract<Template, { kind: "write" }>> = {}): Template => ({
  kind: "write",
  path,
  text: "written\n",
  createOnly: false,
  ...more,
});

/** A root with these files, beside a directory that stands for the host and has to stay as it is. */
class Roots {
  readonly workshop = new Workshop();
  readonly root = this.workshop.directory("root");
  readonly host = this.workshop.directory("host");
  readonly #before;

  constructor(files: Readonly<Record<string, string>> = {}) {
    for (const [name, contents] of Object.entries(files)) this.file(name, contents);
    writeFileSync(join(this.host, "hostname"), "LXC_NAME of the host\n");
    mkdirSync(join(this.host, "etc"));
    writeFileSync(join(this.host, "etc/hostname"), "LXC_NAME of the host\n");
    this.#before = readTree(this.host, readXattrs);
  }

  file(name: string, contents: string): string {
    const path = join(this.root, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, contents, "latin1");
    return path;
  }

  text(name: string): string {
    return readFileSync(join(this.root, name), "latin1");
  }

  async apply(...templates: Template[]): Promise<Applied> {
    const applied = await applyTemplates({ program, directory: this.root, templates });
    expect(compareTrees(this.#before, readTree(this.host, readXattrs))).toEqual([]);
    return applied;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.workshop[Symbol.asyncDispose]();
  }
}

const skipped = (path: string, why: string): Applied => ({ applied: [], skipped: [{ path, why }], hostWords: [] });

test("L10: LXC_NAME in /etc/hostname is replaced, in whole words only, and owner, mode, attributes and other bytes stay", async () => {
  await using roots = new Roots();
  const text = "LXC_NAME.LXC_PATH LXC_ROOTFS xLXC_NAME LXC_NAMES LXC_NAME_ \xff\xfe LXC_NAME\n";
  const path = roots.file("etc/hostname", text);
  if (isRoot) chownSync(path, 12, 34);
  chmodSync(path, 0o4750);
  try {
    setXattr(path, "user.kept", Buffer.from("yes"));
  } catch {
    console.warn("skipped: attributes named user.*, as the file system of the tests has none");
  }
  const attributes = readXattrs(path);
  expect(await roots.apply(substitute("/etc/hostname"))).toEqual({
    applied: ["/etc/hostname"],
    skipped: [],
    hostWords: [],
  });
  expect(roots.text("etc/hostname")).toBe("edge./meta / xLXC_NAME LXC_NAMES LXC_NAME_ \xff\xfe edge\n");
  const { mode, uid, gid } = statSync(path);
  expect(mode & 0o7777).toBe(0o4750);
  if (isRoot) expect([uid, gid]).toEqual([12, 34]);
  expect(readXattrs(path)).toEqual(attributes);
  expect(readdirSync(join(roots.root, "etc"))).toEqual(["hostname"]);
});

test("a file with a zero byte, a large one, a directory and one that is not there are left alone and said", async () => {
  await using roots = new Roots({ zero: "LXC_NAME\0", large: "LXC_NAME".padEnd(1024 * 1024 + 1), "d/x": "" });
  const paths = ["/zero", "/large", "/d", "/none", "/none/x", "/zero/x"];
  expect((await roots.apply(...paths.map(substitute))).skipped.map(({ why }) => why)).toEqual([
    "it has a zero byte",
    "it has more than 1048576 bytes",
    "it is a directory",
    "it is not there",
    "its directory is not there",
    "its directory is none",
  ]);
  expect(roots.text("zero")).toBe("LXC_NAME\0");
});

test("words for folders of the host stay in the file, and are named", async () => {
  await using roots = new Roots({ x: "LXC_TEMPLATE_CONFIG/LXC_NAME LXC_HOOK_DIRS" });
  expect(await roots.apply(substitute("/x"))).toEqual({
    applied: ["/x"],
    skipped: [],
    hostWords: ["LXC_TEMPLATE_CONFIG"],
  });
  expect(roots.text("x")).toBe("LXC_TEMPLATE_CONFIG/edge LXC_HOOK_DIRS");
});

test.each(["substitute", "write"] as const)(
  "L11: /etc/hostname as a link to a path of the host is skipped by %s, and the host's file stays",
  async (kind) => {
    await using roots = new Roots({ "etc/x": "" });
    const make = kind === "write" ? write : substitute;
    for (const target of [join(roots.host, "hostname"), "../../host/hostname", "x", "nowhere"]) {
      symlinkSync(target, join(roots.root, `etc/${Bun.hash(target)}`));
      const path = `/etc/${Bun.hash(target)}`;
      expect(await roots.apply(make(path))).toEqual(skipped(path, "it is a link"));
      expect(readlinkSync(join(roots.root, path))).toBe(target);
    }
  },
);

test.each(["substitute", "write"] as const)(
  "L12: /etc as a link that leads out leads %s nowhere but into the root",
  async (kind) => {
    const make = kind === "write" ? write : substitute;
    for (const target of ["/", "../../..", "../host", "host", "../../../../../../../../etc"]) {
      await using roots = new Roots();
      symlinkSync(target === "host" ? roots.host : target, join(roots.root, "etc"));
      const { skipped: left } = await roots.apply(make("/etc/host-service-test"));
      // "/" is the root itself, where a new file may be; a path of the host is not there.
      const made = kind === "write" && ["/", "../../.."].includes(target);
      expect([target, left.length]).toEqual([target, made ? 0 : 1]);
      expect(existsSync(join(roots.root, "host-service-test"))).toBe(made);
      expect(existsSync("/etc/host-service-test")).toBe(false);
    }
  },
);

test("L12: a link below /etc that leads to / is followed as if the root were /", async () => {
  await using roots = new Roots({ "usr/etc/hostname": "LXC_NAME" });
  symlinkSync("/usr/etc", join(roots.root, "etc"));
  expect((await roots.apply(substitute("/etc/hostname"))).applied).toEqual(["/etc/hostname"]);
  expect(roots.text("usr/etc/hostname")).toBe("edge");
});

test("L14: a hard-linked target is not edited", async () => {
  await using roots = new Roots({ "etc/hostname": "LXC_NAME\n" });
  linkSync(join(roots.root, "etc/hostname"), join(roots.root, "other"));
  const why = "it has more than one name (hard links)";
  expect(await roots.apply(substitute("/etc/hostname"))).toEqual(skipped("/etc/hostname", why));
  expect(await roots.apply(write("/etc/hostname"))).toEqual(skipped("/etc/hostname", why));
  expect(roots.text("other")).toBe("LXC_NAME\n");
});

test("L16: create_only leaves an existing file alone, and makes one that is not there", async () => {
  await using roots = new Roots({ "etc/hostname": "old\n" });
  const createOnly = { createOnly: true };
  const applied = await roots.apply(write("/etc/hostname", createOnly), write("/etc/new", createOnly));
  expect(applied.skipped).toEqual([{ path: "/etc/hostname", why: "it is there already" }]);
  expect([roots.text("etc/hostname"), roots.text("etc/new")]).toEqual(["old\n", "written\n"]);
});

test("write makes missing directories, gives what it is told, and keeps the rest of a file that is there", async () => {
  await using roots = new Roots({ "etc/old": "old\n" });
  chmodSync(join(roots.root, "etc/old"), 0o600);
  await roots.apply(write("/etc/old"), write("/a/b/new", { mode: 0o4711 }), write("/top"));
  const modeOf = (name: string) => (statSync(join(roots.root, name)).mode & 0o7777).toString(8);
  expect(["etc/old", "a", "a/b", "a/b/new", "top"].map(modeOf)).toEqual(["600", "755", "755", "4711", "644"]);
  expect(roots.text("etc/old")).toBe("written\n");
});

test.skipIf(!isRoot)(
  "with ids, everything that is made is the container's, and a capability is not passed on",
  async () => {
    await using roots = new Roots({ old: "LXC_NAME" });
    const ids = { base: 0x8_0000, count: 65_536 };
    chownSync(join(roots.root, "old"), ids.base + 5, ids.base + 6);
    setXattr(
      join(roots.root, "old"),
      "security.capability",
      Buffer.from("0100000200200000000000000000000000000000", "hex"),
    );
    const templates = [substitute("/old"), write("/d/new", { uid: 7 }), write("/plain")];
    await applyTemplates({ program, directory: roots.root, templates, ids });
    const ownersOf = (name: string) => {
      const { uid, gid } = lstatSync(join(roots.root, name));
      return [uid - ids.base, gid - ids.base];
    };
    expect(["old", "d", "d/new", "plain"].map(ownersOf)).toEqual([
      [5, 6],
      [0, 0],
      [7, 0],
      [0, 0],
    ]);
    expect(readXattr(join(roots.root, "old"), "security.capability")).toBeUndefined();
    const outside = applyTemplates({ program, directory: roots.root, templates: [write("/x", { uid: 65_536 })], ids });
    expect(String(await outside.catch((error: unknown) => error))).toContain("65536 is none of the container's ids");
  },
);

test("applyTemplates leaves a file alone beside which somebody took its name for the new one", async () => {
  await using roots = new Roots({ x: "LXC_NAME", ".host-service-template.new": "theirs" });
  const { skipped: left } = await roots.apply(substitute("/x"));
  expect(left).toEqual([{ path: "/x", why: "a file beside it has our name for the new one" }]);
  expect([roots.text("x"), roots.text(".host-service-template.new")]).toEqual(["LXC_NAME", "theirs"]);
});

test("applyTemplates ends with its signal, and a program that says nothing is an error", async () => {
  await using roots = new Roots({ x: "LXC_NAME" });
  const options = { directory: roots.root, templates: [substitute("/x")] };
  const cancelled = applyTemplates({ ...options, program, signal: AbortSignal.abort("why") });
  expect(String(await cancelled.catch((error: unknown) => error))).toContain("it was cancelled");
  const silent = applyTemplates({ ...options, program: ["/bin/false"] });
  expect(String(await silent.catch((error: unknown) => error))).toContain("ended with exit code 1");
});
