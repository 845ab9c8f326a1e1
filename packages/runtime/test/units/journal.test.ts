import { expect, setDefaultTimeout, test } from "bun:test";
import { formatEntry, readJournal } from "../../source/units/journal.ts";
import type { JournalOptions } from "../../source/units/journal.ts";
import { withSystemd } from "./systemd.ts";

setDefaultTimeout(60_000);

async function texts(options: JournalOptions): Promise<string[]> {
  const found: string[] = [];
  for await (const { text } of readJournal("edge", options)) found.push(text);
  return found;
}

test("readJournal gives the entries of a boot, the last of them, those after one, and tells systemd's own apart", () =>
  withSystemd(async ({ systemd }) => {
    systemd.write("edge", "in the boot before", 7);
    systemd.reboot();
    systemd.write("edge", "Started.");
    systemd.write("edge", "two\nlines", 7);
    systemd.write("edge", [104, 105, 0xff, 27], 7);
    systemd.write("edge", null, 7);
    expect(await texts({ boot: 0 })).toEqual(["systemd: Started.", "two\nlines", "hi\ufffd\u001b", ""]);
    expect(await texts({ boot: -1 })).toEqual(["in the boot before"]);
    expect(await texts({ boot: "all", lines: 2 })).toEqual(["hi\ufffd\u001b", ""]);
    const [first] = await Array.fromAsync(readJournal("edge", { boot: 0 }));
    expect(await texts({ boot: 0, after: first?.cursor })).toEqual(["two\nlines", "hi\ufffd\u001b", ""]);
    expect(formatEntry({ at: "2026-01-02T03:04:05.006Z", text: "two\nlines", cursor: "" })).toBe(
      "2026-01-02T03:04:05.006Z two\n                         lines\n",
    );
  }));

test("readJournal follows until it is told to stop, and a reader that stops early leaves no process", () =>
  withSystemd(async ({ systemd }) => {
    systemd.write("edge", "one", 7);
    const stopping = new AbortController();
    const seen: string[] = [];
    for await (const { text } of readJournal("edge", { boot: 0, follow: true, signal: stopping.signal })) {
      seen.push(text);
      if (seen.length === 1) systemd.write("edge", "two", 7);
      else stopping.abort();
    }
    expect(seen).toEqual(["one", "two"]);
    for await (const { text } of readJournal("edge", { boot: 0, follow: true })) {
      expect(text).toBe("one");
      break;
    }
    const children = await new Response(Bun.spawn(["ps", "-o", "args=", "--ppid", String(process.pid)]).stdout).text();
    expect(children).not.toContain("journalctl");
  }));

test("a journal that cannot be read is an error in its words", async () => {
  const path = process.env["PATH"];
  process.env["PATH"] = "/nonexistent";
  try {
    expect(texts({ boot: 0 })).rejects.toThrow('Cannot read the log of "edge": journalctl did not start');
  } finally {
    process.env["PATH"] = path;
  }
});
