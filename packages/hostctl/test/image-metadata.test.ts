import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { configYaml, end, entry, incusMetadata, joined, lxcMetadata, packMetadata } from "@host-service/fixtures";
import type { MetadataFiles } from "@host-service/fixtures";
import { expect, setDefaultTimeout, test } from "bun:test";
import { run } from "./run.ts";

setDefaultTimeout(60_000);

/** What `image inspect` says of a bundle with this metadata, and of the metadata alone. */
async function inspected(files: MetadataFiles): Promise<{ alone: string; bundle: string; json: unknown }> {
  const directory = await mkdtemp(join(tmpdir(), "hostctl-metadata-"));
  try {
    await writeFile(join(directory, "config.yaml"), configYaml({ name: "edge", version: "1.0.0", runtime: "nspawn" }));
    await writeFile(join(directory, "rootfs.tar"), joined(entry({ name: "file" }, "x"), end()));
    await writeFile(join(directory, "meta.tar"), packMetadata(files));
    const said = async (...argv: string[]) => (await run(argv, { directory })).stdout;
    await said("image", "build", "bundle.tar", "config.yaml", "rootfs.tar", "meta.tar");
    const left = () =>
      readdir(tmpdir()).then((names) => names.filter((name) => name.startsWith("host-service-metadata-")));
    const before = await left();
    const answers = {
      alone: await said("image", "inspect", "meta.tar"),
      bundle: await said("image", "inspect", "bundle.tar"),
      json: JSON.parse(await said("image", "inspect", "bundle.tar", "--json")) as unknown,
    };
    expect(await left()).toEqual(before);
    return answers;
  } finally {
    await rm(directory, { recursive: true });
  }
}

const from = (text: string) => text.slice(text.indexOf("metadata:"));

test("image inspect says what an install would do with a flat metadata archive", async () => {
  const { alone, bundle, json } = await inspected(lxcMetadata({ "create-message": "Hello \u001b[31m\n" }));
  const lines = `metadata:     lxc
  templates:  /etc/hostname, /etc/hosts
  left out:   dev/null, dev/zero
  ignored:    config, config-user.4, config.1, lxc.include
  warning:    the image says: Hello [31m
`;
  expect([from(alone), from(bundle)]).toEqual([lines, lines]);
  expect(json).toMatchObject({ metadata: { convention: "lxc", templates: ["/etc/hostname", "/etc/hosts"] } });
});

test("image inspect says what an install would do with an Incus metadata archive, and what it would refuse", async () => {
  const { bundle } = await inspected(incusMetadata());
  expect(from(bundle)).toBe(`metadata:     incus
  about:      Debian bookworm amd64 (20251124_05:24)
  templates:  /etc/hostname
`);
});

test("image inspect refuses a bundle whose metadata an install would refuse, and takes such a file as an archive", async () => {
  const { alone, bundle } = await inspected(incusMetadata({ "templates/hostname.tpl": "{% if x %}" }));
  expect(bundle).toBe("Cannot apply template hostname.tpl: tag {% if x %} is not supported\n");
  expect(alone).toStartWith("kind:      archive\n");
  expect(alone).not.toContain("metadata");
});
