import { incusMetadata, incusYaml, lxcMetadata } from "@host-service/fixtures";
import { expect, test } from "bun:test";
import { readFiles, refusalOfFiles } from "./kit/metadata.ts";

test("L2: readMetadata recognises an archive of distrobuilder's for LXC as lxc, and one for Incus as incus", () => {
  expect(readFiles(lxcMetadata()).convention).toBe("lxc");
  expect(readFiles(incusMetadata()).convention).toBe("incus");
  expect(readFiles({ "config.5": "lxc.arch = amd64\n" }).convention).toBe("lxc");
});

test("L2: readMetadata refuses an archive of both conventions, and of neither", () => {
  expect(refusalOfFiles({ ...lxcMetadata({ templates: undefined }), ...incusMetadata() })).toBe(
    "Cannot read meta.tar.xz: it has both config and metadata.yaml",
  );
  for (const files of [
    {},
    { "create-message": "hello" },
    { "config/": "" },
    { "sub/config": "x" },
    { "config-old": "x" },
  ])
    expect(refusalOfFiles(files)).toBe("Cannot read meta.tar.xz: neither config nor metadata.yaml found");
});

test("L3: readMetadata refuses a unified image", () => {
  expect(refusalOfFiles(incusMetadata({ "rootfs/etc/hostname": "edge" }))).toStartWith(
    "Cannot read meta.tar.xz: it is a unified image (rootfs/ beside metadata.yaml)",
  );
});

test("readMetadata refuses a member with the name of our own note", () => {
  expect(refusalOfFiles(lxcMetadata({ "meta.json": "{}" }))).toContain("meta.json has the name of what is noted");
});

test("readMetadata tells all of a flat archive", () => {
  const { templates, ...metadata } = readFiles(lxcMetadata({ "note.txt": "x" }));
  expect(templates.map(({ kind, path }) => [kind, path])).toEqual([
    ["substitute", "/etc/hostname"],
    ["substitute", "/etc/hosts"],
  ]);
  expect(metadata).toEqual({
    convention: "lxc",
    members: [
      "config",
      "config-user",
      "config-user.4",
      "config.1",
      "create-message",
      "excludes-user",
      "expiry",
      "note.txt",
      "templates",
    ],
    used: ["config-user", "excludes-user", "templates", "create-message", "expiry", "lxc.arch"],
    ignored: ["config", "config-user.4", "config.1", "note.txt", "lxc.include"],
    warnings: ["the image says: You just created a Debian container."],
    excludes: ["dev/null", "dev/zero"],
    hints: {},
    mounts: [],
    properties: {},
  });
});

test("readMetadata tells all of an Incus archive", () => {
  expect(readFiles(incusMetadata({ "create-message": "hello" }))).toEqual({
    convention: "incus",
    members: ["create-message", "metadata.yaml", "templates/", "templates/hostname.tpl"],
    used: [
      "metadata.yaml",
      "templates/",
      "templates/hostname.tpl",
      "architecture",
      "creation_date",
      "expiry_date",
      "properties",
      "templates",
    ],
    ignored: ["create-message"],
    warnings: [],
    excludes: [],
    templates: [{ kind: "write", path: "/etc/hostname", text: "edge\n", createOnly: false }],
    hints: {},
    mounts: [],
    properties: {
      architecture: "amd64",
      description: "Debian bookworm amd64 (20251124_05:24)",
      name: "debian-bookworm",
      os: "Debian",
      release: "12",
    },
  });
});

test.each(["armhf", "s390x", "nonsense", "x86_128"])(
  "L6: readMetadata refuses lxc.arch or architecture %j with both names in the text",
  (name) => {
    expect(refusalOfFiles(lxcMetadata({ "config-user": `lxc.arch = ${name}\n` }))).toBe(
      `Cannot read meta.tar.xz: lxc.arch is "${name}", and this host is "x86_64"; take the image for x86_64`,
    );
    expect(refusalOfFiles(incusMetadata({ "metadata.yaml": incusYaml.replace("x86_64", name) }))).toBe(
      `Cannot read meta.tar.xz: architecture is "${name}", and this host is "x86_64"; take the image for x86_64`,
    );
  },
);

test.each([
  ["amd64", "x86_64"],
  ["linux64", "x86_64"],
  ["i386", "x86_64"],
  ["arm64", "aarch64"],
  ["armhf", "aarch64"],
])("L6: readMetadata takes lxc.arch %j on %s", (name, architecture) => {
  expect(readFiles(lxcMetadata({ "config-user": `lxc.arch = ${name}\n` }), { architecture }).used).toContain(
    "lxc.arch",
  );
});
