import { expect, test } from "bun:test";
import { closeSync, existsSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { pattern, programOf, skip, Workshop } from "../workshop.ts";

async function runCopy(from: string, to: string, parameters: string) {
  const descriptors = [openSync(from, "r"), openSync(to, "wx")];
  const child = Bun.spawn([...programOf("job"), "job", "copy", parameters], {
    stdio: ["ignore", "pipe", "inherit", ...descriptors],
    env: {},
  });
  const output = await child.stdout.text();
  const status = await child.exited;
  for (const fd of descriptors) closeSync(fd);
  return { status, lines: output.trimEnd().split("\n") };
}

test("runCopyJob: copies within a file system, and says how", async () => {
  using workshop = new Workshop();
  const contents = pattern(5_000_000);
  writeFileSync(workshop.path("from"), contents);
  const { status, lines } = await runCopy(
    workshop.path("from"),
    workshop.path("to"),
    JSON.stringify({ bytes: contents.byteLength, offset: 0 }),
  );
  expect(status).toBe(0);
  expect(lines.at(-1)).toMatch(/^\{"type":"done","way":"(reflink|copy_file_range|read)"\}$/);
  expect(readFileSync(workshop.path("to"))).toEqual(Buffer.from(contents));
});

test("runCopyJob: reads and writes where the kernel cannot copy between the file systems", async () => {
  using workshop = new Workshop();
  const memory = "/dev/shm";
  if (!existsSync(memory) || statSync(memory).dev === statSync(workshop.directory).dev) {
    return skip(`${memory} is not another file system`);
  }
  const from = `${memory}/ingest-copy-${process.pid}`;
  const contents = pattern(2_500_000);
  try {
    writeFileSync(from, contents);
    const parameters = JSON.stringify({ bytes: contents.byteLength, offset: 0 });
    const { lines } = await runCopy(from, workshop.path("to"), parameters);
    expect(lines.at(-1)).toBe('{"type":"done","way":"read"}');
    expect(readFileSync(workshop.path("to"))).toEqual(Buffer.from(contents));
  } finally {
    rmSync(from, { force: true });
  }
});

test("runCopyJob: parameters that are none are refused", async () => {
  using workshop = new Workshop();
  writeFileSync(workshop.path("from"), "abc");
  const { status, lines } = await runCopy(workshop.path("from"), workshop.path("to"), '{"bytes":-1}');
  expect(status).toBe(1);
  expect(lines).toEqual([
    '{"type":"failed","code":"","message":"Cannot start the job: \\"bytes\\" or \\"offset\\" is missing in \\"{\\\\\\"bytes\\\\\\":-1}\\""}',
  ]);
});
