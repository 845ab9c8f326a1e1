import { expect, test } from "bun:test";
import { join } from "node:path";
import fc from "fast-check";
import { ArchiveError } from "../../source/error.ts";
import { parseInstanceConfig } from "../../source/config/instance-config.ts";

const here = (name: string) => Bun.file(join(import.meta.dir, name)).text();
const messageOf = (text: string): string => {
  try {
    parseInstanceConfig(text);
  } catch (error) {
    if (!(error instanceof ArchiveError) || error.kind !== "config") throw error;
    return error.message;
  }
  return "accepted";
};

// The golden file is the table: a config.yaml, "=> " and the message, "====" between two.
const bad = (await here("bad-configs.golden")).split("\n====\n").map((block) => {
  const at = block.lastIndexOf("\n=> ");
  return { text: block.slice(0, at + 1), message: block.slice(at + 4).trimEnd() };
});

test("the table of bad configs has at least 40 rows", () => {
  expect(bad.length).toBeGreaterThanOrEqual(40);
});

test.each(bad.map((row, index) => [index, row.message.replace("Cannot read config.yaml: ", ""), row] as const))(
  "parseInstanceConfig refuses bad config %i: %s",
  (_index, _name, row) => {
    expect(messageOf(row.text)).toBe(row.message);
  },
);

test("parseInstanceConfig reads an exported Incus instance", async () => {
  expect(parseInstanceConfig(await here("exported-instance.yaml"))).toEqual({
    name: "c1",
    architecture: "x86_64",
    version: "2026.11",
    runtime: "lxc",
    rootfs: "read-only",
    trial: { commit: "ready", boots: 2, timeoutMs: 600_000 },
    config: {
      "cloud-init.user-data": "#cloud-config\nruncmd:\n- echo test",
      "environment.TZ": "UTC",
      "limits.memory": "512MiB",
      "security.nesting": "true",
      "user.foo": "bar",
      "user.html": '<a href="x">&amp; é</a>',
      "user.multi": "a\nb",
      "user.with space": "v1",
      "user.with/slash": "v2",
    },
    image: { "image.description": "busybox golden", "image.os": "busybox" },
    volatile: {
      "volatile.eth0.hwaddr": "10:66:6a:8b:b4:05",
      "volatile.idmap.current": "[]",
      "volatile.last_state.power": "RUNNING",
    },
    devices: {
      data: { type: "disk", path: "/data", source: "volume:data" },
      eth0: { type: "nic", name: "eth0", nictype: "p2p" },
      serial: { type: "unix-char", source: "/dev/ttyS0", mode: "0660" },
      wlan0: { type: "none" },
    },
  });
});

test("parseInstanceConfig fills in what the smallest file leaves out", () => {
  expect(parseInstanceConfig("name: edge\n")).toEqual({
    name: "edge",
    rootfs: "overlay",
    trial: { commit: "manual", boots: 1 },
    config: {},
    image: {},
    volatile: {},
    devices: {},
  });
});

test.each([
  ["amd64", "x86_64"],
  ["arm64", "aarch64"],
  ["armhf", "armv7l"],
  ["x86_64", "x86_64"],
])("parseInstanceConfig reads architecture %s as %s", (written, canonical) => {
  expect(parseInstanceConfig(`architecture: ${written}`).architecture).toBe(canonical);
});

test("parseInstanceConfig passes over Incus members that are empty", () => {
  const text =
    'name: edge\nephemeral: false\nstateful: false\nprofiles: []\nlocation: none\ncreated_at: "0001-01-01T00:00:00Z"\n';
  expect(parseInstanceConfig(text).name).toBe("edge");
});

test("parseInstanceConfig never quotes a value of cloud-init.* or environment.*", () => {
  const secret = "hunter2hunter2";
  const values = [
    `"${secret}\\0"`,
    `[${secret}]`,
    `{a: ${secret}}`,
    `"${secret}`,
    `*${secret}`,
    `&${secret}`,
    `!!${secret} {`,
  ];
  for (const key of ["cloud-init.user-data", "cloud-init.user_data", "environment.TOKEN", "environment.1"]) {
    for (const value of values) {
      expect({ key, value, leaked: messageOf(`config:\n  ${key}: ${value}\n`).includes(secret) }).toEqual({
        key,
        value,
        leaked: false,
      });
    }
  }
});

test("parseInstanceConfig gives a config or an ArchiveError for any text", () => {
  const words = fc.constantFrom(
    "name",
    "config",
    "devices",
    "trial",
    ":",
    " ",
    "\n",
    "  ",
    "- ",
    "{",
    "}",
    "[",
    "]",
    '"',
    "'",
    "&a",
    "*a",
    "|",
    "disk",
    "type",
    "1.10",
    "<<",
    "? ",
    "---",
  );
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(words, { maxLength: 40 }).map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(text, (input) => messageOf(input).length > 0),
    { numRuns: 2000 },
  );
});

test("parseInstanceConfig gives back every user key and value that YAML can write", () => {
  const key = fc.stringMatching(/^user\.[a-zA-Z0-9 /._-]{1,20}$/u);
  const value = fc
    .string({ unit: "grapheme", minLength: 1 })
    .filter((text) => text.isWellFormed() && !/[\p{C}]/u.test(text));
  fc.assert(
    fc.property(fc.dictionary(key, value, { maxKeys: 8 }), (config) => {
      const text = Object.entries(config).map(([name, text]) => `  ${JSON.stringify(name)}: ${JSON.stringify(text)}\n`);
      expect(parseInstanceConfig(`config:\n${text.join("") || "  {}\n"}`).config).toEqual({ ...config });
    }),
  );
});
