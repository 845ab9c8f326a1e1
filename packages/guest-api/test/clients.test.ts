// Clients that were not written for us, as the documents of Incus, LXD and cloud-init use them.
import { expect, test } from "bun:test";
import { join } from "node:path";
import { eventually } from "./kit/container.ts";
import { instance } from "./kit/fixture.ts";
import { withFixture } from "./kit/on-both.ts";

const has = (tool: string) => Bun.which(tool) !== null;
for (const tool of ["curl", "python3", "node"])
  if (!has(tool)) console.info(`skipped: a test of a client needs ${tool}`);

async function output(command: string[]): Promise<string> {
  const child = Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [text, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return (await child.exited) === 0 ? text : `failed: ${text}${errors}`;
}

test.skipIf(!has("curl"))("curl gets every document, sets the state, and prints events as they come", () =>
  withFixture("incus", async ({ path, guest }) => {
    const curl = (...words: string[]) => output(["curl", "-sS", "--unix-socket", path, ...words]);
    expect(await curl("http://x/")).toBe('["/1.0"]\n');
    expect(await curl("http://x/1.0/config/user.multi")).toBe("a\nb");
    expect(await curl("http://x/1.0/devices")).toStartWith('{"eth0":');
    expect(await curl("-X", "PATCH", "-d", '{"state":"Ready"}', "http://x/1.0")).toBe("");
    expect(guest.ready).toBe("true");
    expect(await curl("-o", "/dev/null", "-w", "%{http_code} %{content_type}", "http://x/1.0/config/x")).toBe(
      "403 text/plain; charset=utf-8",
    );
    const child = Bun.spawn(["curl", "-sSN", "--unix-socket", path, "http://x/1.0/events"], { stdout: "pipe" });
    await eventually(() => (guest.events.listening === 1 ? true : undefined));
    const reader = child.stdout.getReader();
    for (const value of ["1", "2"]) {
      guest.update([{ config: { "user.n": value }, devices: {} }]);
      // While the stream is open, and before the next event.
      for (let text = ""; !text.includes(`"value":"${value}"`);) {
        text += Buffer.from((await reader.read()).value ?? []).toString("utf8");
      }
    }
    child.kill();
    await child.exited;
  }),
);

const crawl = `
import http.client, json, socket, sys, urllib.parse
class Connection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(sys.argv[1])
kept = []
def get(target):
    connection = Connection("localhost")
    kept.append(connection)
    headers = {"User-Agent": "python-requests/2.28.1", "Accept-Encoding": "gzip, deflate", "Accept": "*/*", "Connection": "keep-alive"}
    connection.request("GET", urllib.parse.quote(target), headers=headers)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()
out = {"meta-data": get("/1.0/meta-data")[1], "config": {}}
for target in sorted(json.loads(get("/1.0/config")[1])):
    status, value = get(target)
    if status == 200: out["config"][target.removeprefix("/1.0/config/")] = value
out["devices"] = json.loads(get("/1.0/devices")[1])
print(json.dumps(out))
`;

test.skipIf(!has("python3"))(
  "a crawl as cloud-init's, with python3's http.client, finds everything, and a connection each",
  () =>
    withFixture("lxd", async ({ path }) => {
      const found: unknown = JSON.parse(await output(["python3", "-c", crawl, path]));
      const { config, name, flavours } = instance;
      const visible = Object.entries(config).filter(
        ([key]) => /^(?:user|cloud-init)\./u.test(key) && key !== "user.with/slash",
      );
      const id = flavours.lxd["volatile.cloud-init.instance-id"];
      const eth0 = { hwaddr: flavours.lxd["volatile.eth0.hwaddr"], name: "eth0", nictype: "p2p", type: "nic" };
      expect(found).toEqual({
        "meta-data": `#cloud-config\ninstance-id: ${id}\nlocal-hostname: ${name}\npublic-keys: foo`,
        config: Object.fromEntries(visible),
        devices: { eth0, root: { path: "/", pool: "default", type: "disk" } },
      });
    }),
);

test.skipIf(!has("node"))("ws, a WebSocket client of the registry, gets the events, a ping, and its Close back", () =>
  withFixture("incus", async (fixture) => {
    const program = join(import.meta.dir, "programs", "listen-with-ws.mjs");
    const child = Bun.spawn(["node", program, fixture.path, "2"], { stdout: "pipe", stderr: "inherit" });
    await eventually(() => (fixture.guest.events.listening === 1 ? true : undefined), 20_000);
    fixture.set({ config: { "user.foo": "<1>" }, devices: { d: { type: "none" } } });
    const lines = (await new Response(child.stdout).text()).trim().split("\n");
    const masked = lines.map((line) => line.replace(/timestamp\\":\\"[^"\\]+/u, "TIME"));
    expect(masked.filter((line) => line.includes("error"))).toEqual([]);
    expect(masked[0]).toBe('{"upgrade":101,"extensions":null}');
    expect(masked.at(-1)).toBe('{"close":1000}');
    expect(masked.filter((line) => line.includes("isBinary"))).toEqual([
      String.raw`{"isBinary":false,"message":"{\"type\":\"config\",\"TIME\",\"metadata\":{\"key\":\"user.foo\",\"old_value\":\"bar\",\"value\":\"\\u003c1\\u003e\"}}\n"}`,
      String.raw`{"isBinary":false,"message":"{\"type\":\"device\",\"TIME\",\"metadata\":{\"action\":\"added\",\"config\":{\"type\":\"none\"},\"name\":\"d\"}}\n"}`,
    ]);
    expect(masked).toContain('{"ping":"keepalive"}');
  }),
);
