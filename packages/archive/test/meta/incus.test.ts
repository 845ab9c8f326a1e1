import { incusMetadata, incusYaml } from "@host-service/fixtures";
import { expect, test } from "bun:test";
import { readFiles, refusalOfFiles } from "./kit/metadata.ts";

/** With one template in metadata.yaml, whose file has this text. */
function withTemplate(yaml: string, text = "x", path = "/etc/hostname") {
  return incusMetadata({
    "metadata.yaml": `${incusYaml}templates:\n  ${path}:\n    template: hostname.tpl\n${yaml}`,
    "templates/hostname.tpl": text,
  });
}
const create = "    when: [create]\n";

test("L15: templates of create are rendered, those of copy alone are not made", () => {
  const text =
    "{{ container.name }} {{instance.name}} {{ path }} {{ trigger }} {{ properties.os }}/{{ properties.own }}/{{ properties.none }} [{{ config.user.x }}]\n";
  const yaml = `${create}    properties: { own: mine, os: Other }\n    uid: 0\n    gid: "8"\n    mode: "0640"\n    create_only: true\n`;
  expect(readFiles(withTemplate(yaml, text)).templates).toEqual([
    {
      kind: "write",
      path: "/etc/hostname",
      text: "edge edge /etc/hostname create Other/mine/ []\n",
      createOnly: true,
      uid: 0,
      gid: 8,
      mode: 0o640,
    },
  ]);
  expect(readFiles(withTemplate("    when: [copy]\n")).templates).toEqual([]);
});

test.each([
  ["{% if x %}y{% endif %}", "tag {% if x %} is not supported"],
  ["{%- for", "tag {%- for… is not supported"],
  ["{# note #}", "the comment {# … #} is not supported"],
  ['{{ config_get("user.meta-data", "") }}', 'the variable {{ config_get("user.meta-data", "") }} is not supported'],
  ["{{ container.name|upper }}", "the filter in {{ container.name|upper }} is not supported"],
  ["{{ container.architecture }}", "the variable {{ container.architecture }} is not supported"],
  ["{{ devices }}", "the variable {{ devices }} is not supported"],
])("L15: the template %j is refused by name", (text, why) => {
  expect(refusalOfFiles(withTemplate(create, text))).toBe(`Cannot apply template hostname.tpl: ${why}`);
});

test("L15: a template of start is refused with its path", () => {
  expect(refusalOfFiles(withTemplate("    when: [create, start]\n"))).toBe(
    "Cannot apply template hostname.tpl: /etc/hostname would be made at every start, which is not supported; let the image do it",
  );
  expect(refusalOfFiles(withTemplate("    when: [rename]\n"))).toContain('the unknown trigger "rename"');
});

test.each(["../../etc/passwd", "/../x", "/etc/", "etc/x", "/"])("L13: the target %j is refused", (path) => {
  expect(refusalOfFiles(withTemplate(create, "x", path))).toContain("Cannot read meta.tar.xz: metadata.yaml names ");
});

test.each(["../../../etc/shadow", "..", "sub/x.tpl", '""', '"a\\0b"'])("the template's name %j is refused", (name) => {
  const yaml = `${incusYaml}templates:\n  /etc/x:\n    template: ${name}\n${create}`;
  expect(refusalOfFiles(incusMetadata({ "metadata.yaml": yaml }))).toStartWith("Cannot read meta.tar.xz: ");
});

test("a template that is not there, and a number that is none, are refused", () => {
  const missing = withTemplate(create);
  expect(refusalOfFiles({ ...missing, "templates/hostname.tpl": undefined })).toBe(
    "Cannot read meta.tar.xz: metadata.yaml names templates/hostname.tpl, which is not in it",
  );
  for (const odd of ["    mode: 9\n", "    uid: -1\n", "    gid: 1.5\n", "    uid: 4294967295\n"])
    expect(refusalOfFiles(withTemplate(`${create}${odd}`))).toContain("its uid, gid or mode is no such number");
  expect(refusalOfFiles(withTemplate(`${create}    mode: 0o644\n`))).toContain("a mode that is no text");
  expect(readFiles(withTemplate(`${create}    mode: 0644\n`)).templates).toMatchObject([{ mode: 0o644 }]);
});

test("L19: a missing creation_date is refused, and one that is no number; a past expiry is a warning", () => {
  const yaml = (text: string) => incusMetadata({ "metadata.yaml": text });
  expect(refusalOfFiles(yaml("architecture: x86_64\n"))).toBe(
    "Cannot read meta.tar.xz: metadata.yaml has no creation_date",
  );
  expect(refusalOfFiles(yaml("architecture: x86_64\ncreation_date: yesterday\n"))).toContain("creation_date");
  expect(refusalOfFiles(yaml("creation_date: 1\n"))).toBe("Cannot read meta.tar.xz: metadata.yaml has no architecture");
  expect(readFiles(yaml("architecture: x86_64\ncreation_date: 1\nexpiry_date: 1577836800\n")).warnings).toEqual([
    "the image's metadata says that it expired on 2020-01-01",
  ]);
});

test.each([
  ["a list", "- a\n"],
  ["two documents", `${incusYaml}---\na: b\n`],
  ["a repeated key", `${incusYaml}architecture: x86_64\n`],
  ["a tag", `${incusYaml}extra: !!binary aGVsbG8=\n`],
  ["a tag in a list", `${incusYaml}extra:\n- !python/object x\n`],
  ["a property that is a map", incusYaml.replace("os: Debian", "os: { a: b }")],
  ["depth", `${incusYaml}extra: ${"[".repeat(40)}${"]".repeat(40)}\n`],
])("metadata.yaml with %s is refused", (_, text) => {
  expect(refusalOfFiles(incusMetadata({ "metadata.yaml": text }))).toMatch(
    /^Cannot read (?:meta\.tar\.xz|metadata\.yaml)/u,
  );
});

test("other keys and members are kept and listed as ignored, and properties have nothing that a terminal obeys", () => {
  const yaml = `${incusYaml.replace("Debian\n", '"Deb\\e[2Jian"\n')}extra: 1\n`;
  const { ignored, properties } = readFiles({ "metadata.yaml": yaml, "templates/unused.tpl": "{% if %}" });
  expect(ignored).toEqual(["templates/unused.tpl", "metadata.yaml: extra"]);
  expect(properties["os"]).toBe("Deb [2Jian");
});
