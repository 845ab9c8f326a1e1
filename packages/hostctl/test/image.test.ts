import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expectGolden, transcript } from "./golden.ts";
import { run } from "./run.ts";

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "hostctl-image-"));
  await Bun.write(
    join(directory, "config.yaml"),
    'name: edge\nversion: "1.5.0"\ndescription: "say \\e[31mhello"\narchitecture: x86_64\n',
  );
  await Bun.write(join(directory, "wrong.yaml"), "name: edge\ndevises: {}\n");
  const header = new Uint8Array(10240);
  await Bun.write(join(directory, "rootfs.tar"), await tarOf(header));
  await Bun.write(join(directory, "text"), "no archive\u0001 at all".repeat(100));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** An archive whose bytes are always the same, made by tar(1). */
async function tarOf(contents: Uint8Array): Promise<ArrayBuffer> {
  await Bun.write(join(directory, "file"), contents);
  const argv = ["tar", "-cf", "-", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "--mode=644", "file"];
  return await new Response(Bun.spawn(argv, { cwd: directory, stdout: "pipe" }).stdout).arrayBuffer();
}

test("image build and inspect answers", async () => {
  const lines = [
    "image build edge.tar config.yaml rootfs.tar",
    "image build edge.tar config.yaml rootfs.tar",
    "image build again.tar config.yaml rootfs.tar --json",
    "image inspect edge.tar",
    "image inspect edge.tar --json",
    "image inspect edge.tar --quiet",
    "image inspect config.yaml",
    "image inspect rootfs.tar",
    "image inspect text",
    "image inspect missing",
    "image inspect .",
    "image build out.tar wrong.yaml rootfs.tar",
    "image build out.tar wrong.yaml rootfs.tar --json",
    "image build out.tar config.yaml text",
    "image build out.tar config.yaml missing",
    "image build missing/out.tar config.yaml rootfs.tar",
  ];
  const parts: string[] = [];
  for (const line of lines) {
    const argv = line.split(" ");
    parts.push(transcript(argv, await run(argv, { directory })));
  }
  await expectGolden(
    "image.txt",
    parts
      .join("\n")
      .replaceAll(/\.[0-9a-f]{12}\.partial/g, ".N.partial")
      .replaceAll(directory, "."),
  );
  expect((await readdir(directory)).toSorted()).toEqual([
    "again.tar",
    "config.yaml",
    "edge.tar",
    "file",
    "rootfs.tar",
    "text",
    "wrong.yaml",
  ]);
});
