import { afterAll, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expectGolden, transcript } from "./golden.ts";
import { run } from "./run.ts";

const directory = await mkdtemp(join(tmpdir(), "hostctl-needs-"));
afterAll(() => rm(directory, { recursive: true }));

const files: Readonly<Record<string, string>> = {
  "modest.yaml": "name: edge\nruntime: nspawn\n",
  "greedy.yaml": `name: edge
runtime: lxc
config:
  security.privileged: "true"
  security.capabilities.add: sys_time net_admin
devices:
  eth0: {type: nic, nictype: bridged, parent: br0}
  data: {type: disk, source: "/srv/data", path: /data}
  serial: {type: unix-char, source: /dev/ttyS0}
`,
  "hopeless.yaml": 'name: edge\nruntime: nspawn\nconfig: {security.privileged: "true", limits.cpu.nodes: "0"}\n',
  "left.yaml": 'name: edge\nconfig: {security.privileged: "true"}\n',
};

test("image inspect tells what the host would have to grant, and what no host would take", async () => {
  const parts: string[] = [];
  for (const [name, text] of Object.entries(files)) {
    await Bun.write(join(directory, name), text);
    for (const more of [[], ["--json"]]) {
      const argv = ["image", "inspect", name, ...more];
      const answer = await run(argv, { directory });
      expect(answer.exit).toBe(0);
      parts.push(transcript(argv, answer));
    }
  }
  await expectGolden("image-needs.txt", parts.join("\n").replaceAll(directory, "."));
});
